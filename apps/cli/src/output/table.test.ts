import { describe, expect, it } from 'vitest';
import { fields, numberText, table } from './table.js';

describe('table', () => {
  it('aligns by characters and ends numbers together', () => {
    const rows = [
      { name: 'zürich', n: 7 },
      { name: 'x', n: 1200 },
    ];
    const columns = [
      { title: 'name', value: (row: { name: string; n: number }) => row.name },
      { title: 'n', value: (row: { name: string; n: number }) => row.n, align: 'right' as const },
    ];
    expect(table(rows, columns)).toBe('NAME       N\nzürich     7\nx       1200\n');
  });

  it('says a sentence instead of an empty table', () => {
    expect(table([], [], 'No job yet.')).toBe('No job yet.\n');
  });
});

it('fields are names and values under each other, with a dash for nothing', () => {
  expect(fields({ run: 'r1', error: null })).toBe('run    r1\nerror  –\n');
});

it.each([
  [0.78125, '0.7813'],
  [12, '12'],
  [0.00012, '1.2e-4'],
  [0, '0'],
])('%d is shown as %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});
