import { describe, expect, it } from 'vitest';
import { isLater, storable } from './run-points.js';

describe('the latest value of a metric', () => {
  it.each([
    ['a higher step', [2, 0, 0], [1, 9, 9]],
    ['a later time of the same step', [1, 2, 0], [1, 1, 9]],
    ['a higher value of the same moment', [1, 1, 2], [1, 1, 1]],
    ['a positive value where the other is NaN', [1, 1, 0.1], [1, 1, Number.NaN]],
    ['NaN where the other is negative', [1, 1, Number.NaN], [1, 1, -0.1]],
  ])('is that of %s', (_name, one, other) => {
    const point = ([step = 0, timestamp = 0, value = 0]: number[]) => ({ step, timestamp, value });
    expect(isLater(point(one), point(other))).toBe(true);
    expect(isLater(point(other), point(one))).toBe(false);
  });

  it('keeps the infinities as the largest doubles', () => {
    expect([Infinity, -Infinity, 1].map(storable)).toEqual([Number.MAX_VALUE, -Number.MAX_VALUE, 1]);
  });
});
