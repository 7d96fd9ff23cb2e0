import { Readable } from 'node:stream';
import { createMonitorRequest } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { sampleCsv } from './read-reference.js';
import { takeReference } from './reference.js';

const csv = `id,size,kind\n${Array.from({ length: 1000 }, (_, row) => `r${row},${row * 1.5},${row % 3}`).join('\n')}\n`;
const request = createMonitorRequest.parse({
  name: 'm',
  model: 'm',
  reference: { name: 'd', version: 1 },
  exclude: ['id'],
});

describe('reading a reference', () => {
  it('keeps every row of a small file and a fixed sample of a large one, in file order', async () => {
    const whole = await sampleCsv(Readable.from([csv]), 5000);
    expect(whole).toMatchObject({ columns: ['id', 'size', 'kind'], total: 1000 });
    expect(whole.rows).toHaveLength(1000);
    const sample = await sampleCsv(Readable.from([csv.slice(0, 777), csv.slice(777)]), 100);
    expect(sample.total).toBe(1000);
    expect(sample.rows).toHaveLength(100);
    expect(sample).toEqual(await sampleCsv(Readable.from([csv]), 100));
    const places = sample.rows.map((row) => Number(row[0]?.slice(1)));
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    // an even sample has its middle near the middle: 500 ± three standard errors
    expect(Math.abs(places.reduce((sum, place) => sum + place, 0) / 100 - 500)).toBeLessThan(87);
  });

  it('takes many distinct numbers as numeric, few as a category, unless told otherwise', async () => {
    const table = await sampleCsv(Readable.from([csv]), 5000);
    const chosen = takeReference(table, request);
    expect(chosen).toMatchObject({
      rows: 1000,
      features: [
        { name: 'size', kind: 'numeric', minimumEffect: 0.1 },
        { name: 'kind', kind: 'category' },
      ],
    });
    const told = takeReference(table, {
      ...request,
      features: [{ name: 'kind', kind: 'numeric', minimumEffect: 0.4 }],
    });
    expect(told).toMatchObject({ features: [{ name: 'kind', kind: 'numeric', minimumEffect: 0.4 }] });
  });

  it('refuses to leave nothing, to name a feature twice, and a column that is almost empty', async () => {
    const table = await sampleCsv(Readable.from([csv]), 5000);
    expect(takeReference(table, { ...request, exclude: ['id', 'size', 'kind'] })).toMatchObject({
      problem: expect.stringContaining('at least one feature'),
    });
    const twice = { name: 'kind', kind: 'category' as const };
    expect(takeReference(table, { ...request, features: [twice, twice] })).toMatchObject({
      problem: expect.stringContaining('twice'),
    });
    const empty = {
      ...table,
      rows: table.rows.map((row, index) => (index < 50 ? row : [row[0] ?? '', '', row[2] ?? ''])),
    };
    expect(takeReference(empty, request)).toMatchObject({ problem: expect.stringContaining('fewer than 100 values') });
  });
});
