import { describe, expect, it } from 'vitest';
import { CsvProfiler } from './csv-profile.js';
import { numericColumn, parseCsv, textColumn } from './csv-table.js';

function profile(text: string) {
  const profiler = new CsvProfiler();
  profiler.push(text);
  return profiler.finish();
}

const text =
  'id,age,amount,when,ok,grade\n1,30,1.5,2024-01-31,true,a\n2,,2.5,2024-02-29,false,b\n3,50,-4e2,2024-03-01,true,a\n';

describe('the profile of a CSV file', () => {
  it('finds each column’s type, count and missing values', () => {
    const { rowCount, columns } = profile(text);
    expect(rowCount).toBe(3);
    expect(columns.map(({ name, type, count, missing, distinct }) => [name, type, count, missing, distinct])).toEqual([
      ['id', 'integer', 3, 0, 3],
      ['age', 'integer', 2, 1, 2],
      ['amount', 'number', 3, 0, 3],
      ['when', 'date', 3, 0, 3],
      ['ok', 'boolean', 3, 0, 2],
      ['grade', 'string', 3, 0, 2],
    ]);
  });

  it('summarises numbers as NumPy does (mean, std with ddof=1, linear quantiles)', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const { columns } = profile(`x\n${values.join('\n')}\n`);
    // numpy: mean 3.875, std(ddof=1) 2.748376143938713, quantile [.05,.25,.5,.75,.95] = [1, 1.75, 3.5, 5.25, 7.95]
    const numeric = columns[0]?.numeric;
    expect(numeric?.mean).toBeCloseTo(3.875, 12);
    expect(numeric?.standardDeviation).toBeCloseTo(2.748376143938713, 12);
    expect([numeric?.min, numeric?.max]).toEqual([1, 9]);
    expect(numeric?.quantiles.p05).toBeCloseTo(1, 12);
    expect(numeric?.quantiles.p25).toBeCloseTo(1.75, 12);
    expect(numeric?.quantiles.p50).toBeCloseTo(3.5, 12);
    expect(numeric?.quantiles.p75).toBeCloseTo(5.25, 12);
    expect(numeric?.quantiles.p95).toBeCloseTo(7.95, 12);
  });

  it('counts categories, most frequent first, and leaves numbers out of it', () => {
    const { columns } = profile(text);
    expect(columns[5]?.top).toEqual([
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
    ]);
    expect(columns[1]?.top).toBeNull();
  });

  it('says when distinct values were more than it counted', () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => `k${index}`).join('\n');
    const { columns } = profile(`key\n${rows}\n`);
    expect(columns[0]).toMatchObject({ count: 60_000, distinct: 50_000, distinctExact: false, top: null });
  });

  it('keeps quantiles close when a long column is sampled, the same on every run', () => {
    const rows = Array.from({ length: 600_000 }, (_, index) => String((index * 7919) % 600_000)).join('\n');
    const numeric = profile(`n\n${rows}\n`).columns[0]?.numeric;
    expect(numeric?.quantileSample).toBe(500_000);
    expect(Math.abs((numeric?.quantiles.p50 ?? 0) - 300_000)).toBeLessThan(3_000);
    expect(profile(`n\n${rows}\n`).columns[0]?.numeric).toEqual(numeric);
  });

  it.each([
    ['', 'line 1: the file is empty'],
    ['a,b\n', 'line 2: there is no data row'],
    ['a,b\n1,2\n3\n', 'line 3: 1 fields, but the header names 2 columns'],
    ['a,a\n1,2\n', 'line 1: two columns are named "a"'],
    ['a,\n1,2\n', 'line 1: column 2 has no name'],
  ])('refuses %j by its line', (faulty, message) => {
    expect(() => profile(faulty)).toThrow(message);
  });

  it('takes a date only when the calendar has it', () => {
    expect(profile('d\n2023-02-29\n').columns[0]?.type).toBe('string');
  });
});

describe('a CSV table', () => {
  it('gives columns as numbers or text, with gaps where values are missing', () => {
    const table = parseCsv(text);
    expect([...numericColumn(table, 'age')]).toEqual([30, Number.NaN, 50]);
    expect(textColumn(table, 'age')).toEqual(['30', null, '50']);
    expect(() => numericColumn(table, 'grade')).toThrow('row 1: "a" in column "grade" is not a number');
    expect(() => textColumn(table, 'nope')).toThrow('no column "nope"');
  });
});
