import { decodeMetricChunk } from '@assay/pure/formats';
import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PackMetricHistory1795300230000 } from './1795300230000-pack-metric-history.js';

const database = testDatabase();
const migration = new PackMetricHistory1795300230000();
let source: DataSource;

const points = () =>
  database.query(
    `select run_number, key_id, timestamp_ms, step, value from tracking.metric_point order by run_number, key_id, timestamp_ms, step, value`,
  );
const chunks = async () =>
  (await database.query('select * from tracking.metric_chunk order by key_id, run_number, chunk')).map((row) => ({
    ...row,
    points: Buffer.isBuffer(row['points']) ? decodeMetricChunk(row['points']) : [],
  }));

beforeAll(async () => {
  source = await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize();
});
afterAll(() => source.destroy());

describe('packing the metric history', () => {
  it('carries every point into chunks and back, and gives what is searched its experiment', async () => {
    const runner = source.createQueryRunner();
    await migration.down(runner);
    await database.query(
      `insert into tracking.metric_point (run_number, key_id, timestamp_ms, step, value)
         select run, key, 1700000000000 + n, n - 3, case when n = 2 then 'NaN' else sin(n) end
         from generate_series(1, 3) run, generate_series(1, 2) key, generate_series(1, 1500) n`,
    );
    await database.query(`insert into tracking.metric_point values (4, 9, 9007199254740991, -9007199254740991, 0)`);
    const before = await points();
    await migration.up(runner);
    const packed = await chunks();
    expect(packed.length).toBeLessThanOrEqual(10);
    expect(packed.at(-1)).toMatchObject({
      key_id: '9',
      run_number: '4',
      first_ms: '9007199254740991',
      count: '1',
      points: [{ key: 9 }],
    });
    await migration.down(runner);
    expect(await points()).toEqual(before);
    await migration.up(runner);
    expect((await chunks()).map(({ chunk: _number, ...row }: Record<string, unknown>) => row)).toEqual(
      packed.map(({ chunk: _number, ...row }: Record<string, unknown>) => row),
    );
    await runner.release();
  });
});
