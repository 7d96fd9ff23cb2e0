import { describe, expect, it } from 'vitest';
import { categoryColumn, numericColumn } from './feature-values.js';

describe('feature values', () => {
  it('reads numbers from numbers and from text, and counts what is neither', () => {
    const { column, wrongType } = numericColumn([1, '2.5', ' 3e1 ', null, undefined, '', 'NA', 'many', true]);
    expect(column.values).toEqual([1, 2.5, 30, null, null, null, null, null, null]);
    expect(wrongType).toBe(2);
  });

  it('takes a number or boolean for the same category however it is spelled, but keeps codes with leading zeros', () => {
    expect(categoryColumn([1, '1', '1.0', true, 'TRUE', '007', 'none', null, 'nan']).column.values).toEqual([
      '1',
      '1',
      '1',
      'true',
      'true',
      '007',
      'none',
      null,
      null,
    ]);
  });
});
