import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeScoreTable, encodeScoreTable, type ScoreTable, ScoreTableError } from './score-table.js';

const score = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.float({ min: 0, max: 1, noNaN: true }));

const aTable = fc
  .tuple(fc.array(fc.tuple(fc.boolean(), score, fc.nat(2), fc.nat(1)), { maxLength: 40 }), fc.array(fc.string()))
  .map(([rows, extra]): ScoreTable => ({
    labels: Uint8Array.from(rows, ([label]) => Number(label)),
    scores: Float64Array.from(rows, ([, value]) => value),
    groups: [
      { column: 'sex', values: ['f', 'm', '(missing)'], codes: Uint8Array.from(rows, ([, , code]) => code) },
      { column: 'ä\n', values: ['', 'x', ...extra.slice(0, 5)], codes: Uint8Array.from(rows, ([, , , code]) => code) },
    ],
  }));

describe('a table of scores', () => {
  it('comes back as it was packed, and always in the same bytes', () => {
    fc.assert(
      fc.property(aTable, (table) => {
        const bytes = encodeScoreTable(table);
        expect(decodeScoreTable(bytes)).toEqual(table);
        expect(encodeScoreTable(decodeScoreTable(bytes))).toEqual(bytes);
      }),
    );
  });

  it('takes about four bytes a row for the scores of a float32 network, and loses nothing of any other', () => {
    const rows = 10_000;
    const table = (value: (row: number) => number): ScoreTable => ({
      labels: new Uint8Array(rows),
      scores: Float64Array.from({ length: rows }, (_, row) => value(row)),
      groups: [],
    });
    expect(encodeScoreTable(table((row) => Math.fround(row / rows))).length).toBeLessThan(4.2 * rows);
    const exact = table((row) => row / rows);
    expect(decodeScoreTable(encodeScoreTable(exact))).toEqual(exact);
  });

  it('is refused when it was cut, lengthened, or is something else', () => {
    const table = { labels: Uint8Array.of(1, 0, 1), scores: Float64Array.of(0.1, 0.2, 0.3), groups: [] };
    const bytes = encodeScoreTable(table);
    for (const wrong of [
      bytes.subarray(0, -1),
      Uint8Array.from([...bytes, 0]),
      new TextEncoder().encode('row,label,score\n1,1,0.5\n'),
      new TextEncoder().encode('{"format":"assay.scores","version":2,"rows":0,"scores":"float32","groups":[]}\n'),
      new TextEncoder().encode('{"format":"assay.scores","version":1,"rows":1e12,"scores":"float32","groups":[]}\n'),
      new Uint8Array(),
    ])
      expect(() => decodeScoreTable(wrong)).toThrow(ScoreTableError);
  });

  it('never throws anything else on bytes that somebody damaged', () => {
    const bytes = encodeScoreTable({
      labels: Uint8Array.of(1, 0),
      scores: Float64Array.of(0.25, 0.5),
      groups: [{ column: 'a', values: ['x'], codes: Uint8Array.of(0, 0) }],
    });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = bytes.slice();
        damaged[at] = byte;
        try {
          decodeScoreTable(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(ScoreTableError);
        }
      }),
    );
  });

  it('holds no score that is no number, and no group that is not listed', () => {
    const groups = [{ column: 'a', values: ['x'], codes: Uint8Array.of(1) }];
    expect(() =>
      encodeScoreTable({ labels: Uint8Array.of(1), scores: Float64Array.of(Number.NaN), groups: [] }),
    ).toThrow('no finite number');
    expect(() => encodeScoreTable({ labels: Uint8Array.of(1), scores: Float64Array.of(0.5), groups })).toThrow(
      'not listed',
    );
  });
});
