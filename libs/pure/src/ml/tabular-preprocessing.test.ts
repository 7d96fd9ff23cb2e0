import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tabularPreprocessing } from '@assay/contracts';
import { applyTabular, fitTabular, tabularInputNames, tabularLabels, tabularWidth } from './tabular-preprocessing.js';

const rows = [
  { id: '1', age: '30', job: 'clerk', savings: '', target: 'bad' },
  { id: '2', age: '50', job: 'pilot', savings: '10', target: 'good' },
  { id: '3', age: '40', job: 'clerk', savings: '30', target: 'good' },
];
const fitted = fitTabular(rows, { target: 'target', positive: 'bad', exclude: ['id'] });

describe('fit', () => {
  it('standardises numbers, one-hot encodes the rest, and leaves out target and excluded columns', () => {
    expect(tabularInputNames(fitted)).toEqual([
      'age',
      'job=clerk',
      'job=pilot',
      'job=(other)',
      'savings',
      'savings=(missing)',
    ]);
    expect(tabularWidth(fitted)).toBe(6);
  });

  it('equals scikit-learn on mean, deviation, median and transformed values', () => {
    const numbers = z.array(z.number());
    const { standardise: expected } = z
      .object({
        standardise: z.object({
          values: numbers,
          mean: z.number(),
          scale: z.number(),
          median: z.number(),
          transformed: numbers,
        }),
      })
      .parse(JSON.parse(readFileSync(new URL('./golden/classification.json', import.meta.url), 'utf8')));
    const table = expected.values.map((x) => ({ x, y: 'a' }));
    const preprocessing = fitTabular(table, { target: 'y', positive: 'a' });
    const [column] = preprocessing.columns;
    if (column?.kind !== 'numeric') throw new Error('expected a numeric column');
    expect(column.mean).toBeCloseTo(expected.mean, 12);
    expect(column.scale).toBeCloseTo(expected.scale, 12);
    expect(column.fill).toBeCloseTo(expected.median, 12);
    applyTabular(preprocessing, table).forEach((value, index) =>
      expect(value).toBeCloseTo(expected.transformed[index] ?? Number.NaN, 6),
    );
  });

  it('refuses a target that is no column', () => {
    expect(() => fitTabular(rows, { target: 'nope', positive: 'x' })).toThrow("no column 'nope'");
  });

  it('takes a column of numbers as categories when asked', () => {
    expect(
      tabularInputNames(
        fitTabular(rows, {
          target: 'target',
          positive: 'bad',
          exclude: ['id', 'job', 'savings'],
          categorical: ['age'],
        }),
      ),
    ).toEqual(['age=30', 'age=40', 'age=50', 'age=(other)']);
  });
});

describe('apply', () => {
  it('survives JSON, and gives the same numbers for text and typed cells', () => {
    const loaded = tabularPreprocessing.parse(JSON.parse(JSON.stringify(fitted)));
    expect(applyTabular(loaded, [{ age: 30, job: 'clerk', savings: 10 }])).toEqual(
      applyTabular(fitted, [{ age: '30', job: 'clerk', savings: '10' }]),
    );
  });

  it('puts unseen and missing categories into the last bucket, a missing number to the median with its mark', () => {
    const [, clerk, pilot, other, savings, missing] = applyTabular(fitted, [
      { age: '40', job: 'baker', savings: null },
    ]);
    expect([clerk, pilot, other, missing]).toEqual([0, 0, 1, 1]);
    expect(savings).toBe(0);
  });

  it('names the column of a value that is no number', () => {
    expect(() => applyTabular(fitted, [{ age: 'old', job: 'clerk', savings: '1' }])).toThrow(
      "column 'age' holds 'old', expected a number",
    );
  });

  it('never needs the target', () => {
    expect(applyTabular(fitted, [{ age: '40', job: 'clerk', savings: '20' }])).toHaveLength(6);
  });
});

describe('labels', () => {
  it('marks the positive value', () => {
    expect(tabularLabels(fitted, rows)).toEqual([1, 0, 0]);
  });

  it('refuses a row without one', () => {
    expect(() => tabularLabels(fitted, [{ target: '' }])).toThrow('expected a label');
  });
});
