import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvError, CsvReader } from './csv-reader.js';
import { parseCsv, writeCsv } from './csv-table.js';

function read(...chunks: string[]): string[][] {
  const reader = new CsvReader({ maxFieldLength: 40 });
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()].map((record) => [...record.fields]);
}

function faultOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
  throw new Error('expected a fault');
}

describe('CsvReader', () => {
  it.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['\uFEFFa\n1', [['a'], ['1']]],
    ['a,"b,\n""c"""\n', [['a', 'b,\n"c"']]],
    [
      'a,\n,b\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['"",""', [['', '']]],
    ['', []],
  ])('reads %j', (text, records) => {
    expect(read(text)).toEqual(records);
  });

  it.each([
    ['a,b\n1,"x\n', 'line 2: the quote opened here is never closed'],
    ['a\n1"2\n', 'line 2: a quote inside a field'],
    ['a\n"1"2\n', 'line 2: text after a closing quote'],
    ['a\rb\n', 'line 1: a carriage return without a line feed'],
    ['a\r', 'line 1: a carriage return without a line feed'],
    ['"a\n\n",b\nc\0', 'line 4: a NUL character'],
    [`a\n${'x'.repeat(41)}`, 'line 2: a field is longer than 40 characters'],
  ])('names the line of the fault in %j', (text, message) => {
    expect(faultOf(text)).toContain(message);
  });

  it('gives back what was written, however the text is cut into pieces', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '7', '"', ',', '\n', '\r', ' ', 'é', '😀'), maxLength: 6 });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 5 }));
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 7 }), (rows, size) => {
        const columns = Array.from({ length: rows[0]?.length ?? 2 }, (_, index) => `c${index}`);
        const text = writeCsv(columns, rows);
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
          text.slice(index * size, (index + 1) * size),
        );
        expect(read(...pieces)).toEqual([columns, ...rows]);
        expect(parseCsv(text).rows).toEqual(rows);
      }),
    );
  });
});
