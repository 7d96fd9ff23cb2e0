import { describe, expect, it } from 'vitest';
import { sampleHistory } from './sample-history.js';

function history(steps: readonly number[]) {
  return {
    steps: Float64Array.from(steps),
    timestamps: Float64Array.from(steps.keys()),
    values: Float64Array.from(steps, (step) => step / 2),
  };
}
const upTo = (count: number, from = 0) => history(Array.from({ length: count }, (_, place) => place + from));

describe('sampling a history', () => {
  // Each measured on a stock server.
  it.each([
    ['ten points to five', upTo(10), 5, [0, 2, 4, 6, 9]],
    ['twenty points to seven', upTo(20), 7, [0, 3, 6, 9, 12, 15, 19]],
    ['seven points to five', upTo(7, 2), 5, [2, 4, 6, 7, 8]],
    ['to one: the last', upTo(10), 1, [9]],
    ['fewer than may be', upTo(3), 5, [0, 1, 2]],
    ['steps that came out of order', history([3, 1, 2]), 5, [1, 2, 3]],
    ['none', history([]), 5, []],
  ])('takes %s', (_, points, most, steps) => {
    expect([...sampleHistory(points, most).steps]).toEqual(steps);
  });

  it('keeps within the steps asked for', () => {
    expect([...sampleHistory(upTo(10), 100, 2, 4).steps]).toEqual([2, 3, 4]);
  });
});
