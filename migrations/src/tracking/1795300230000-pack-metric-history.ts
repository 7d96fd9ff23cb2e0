import { decodeMetricChunk, encodeMetricChunk, mergeMetricPoints } from '@assay/pure/formats';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * Metric points move from a row each into packed chunks (`metric-chunk.ts` in `pure/formats`), of which there are two sorts in one table:
 * - `key_id` 0, loose: what one write brought to one run, of all its metrics together. Writing costs one row whatever was logged.
 * - any other `key_id`, folded: points of that metric alone, made of loose chunks by the compactor. Reading a history costs few rows.
 * A point may stand in several chunks after a retry; readers keep each once. The key begins with `key_id`, so loose chunks stand together.
 *
 * What is searched by value gets its run's `experiment_id`. Runs never leave their table and experiments neither, so the tables that
 * are written most lose their foreign keys: each checked row cost as much as the insert itself.
 */
export class PackMetricHistory1795300230000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...chunks, ...withoutForeignKeys, ...searched.flatMap(addExperiment)])
      await runner.query(statement);
    await packPoints(runner);
    await runner.query('drop table tracking.metric_point');
    await runner.query(`delete from audit.declared_table where name = 'tracking.metric_point'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of points) await runner.query(statement);
    await unpackPoints(runner);
    const statements = [
      'drop table tracking.metric_chunk',
      'drop sequence tracking.metric_chunk_number',
      `delete from audit.declared_table where name = 'tracking.metric_chunk'`,
      ...searched.map((table) => `alter table tracking.${table} drop column experiment_id`),
      'alter table tracking.param add constraint param_run foreign key (run_number) references tracking.run (number)',
      'alter table tracking.run_tag add constraint run_tag_run foreign key (run_number) references tracking.run (number)',
      'alter table tracking.run add constraint run_experiment foreign key (experiment_id) references tracking.experiment (experiment_id)',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const chunks = [
  'create sequence tracking.metric_chunk_number',
  `create table tracking.metric_chunk (
     key_id bigint not null, run_number bigint not null, chunk bigint not null,
     first_ms bigint not null, last_ms bigint not null, count bigint not null, points bytea not null,
     constraint metric_chunk_pk primary key (key_id, run_number, chunk))`,
  'alter table tracking.metric_chunk alter column points set storage external', // doubles hardly compress; trying costs more than it saves
  ...telemetry('tracking.metric_chunk'),
  'grant usage on sequence tracking.metric_chunk_number to registry_svc',
  'grant select, insert, delete on tracking.metric_chunk to registry_svc',
];

const withoutForeignKeys = [
  'alter table tracking.param drop constraint param_run',
  'alter table tracking.run_tag drop constraint run_tag_run',
  'alter table tracking.run drop constraint run_experiment',
];

const searched = ['metric_latest', 'param', 'run_tag'];

function addExperiment(table: string): string[] {
  return [
    `alter table tracking.${table} add column experiment_id bigint`,
    `update tracking.${table} t set experiment_id = r.experiment_id from tracking.run r where r.number = t.run_number`,
    `alter table tracking.${table} alter column experiment_id set not null`,
  ];
}

const points = [
  `create table tracking.metric_point (
     run_number bigint not null, key_id bigint not null, timestamp_ms bigint not null, step bigint not null, value double precision not null,
     constraint metric_point_pk primary key (run_number, key_id, timestamp_ms, step, value))`,
  ...telemetry('tracking.metric_point'),
  'grant select, insert on tracking.metric_point to registry_svc',
];

/** Most points of one chunk; as the compactor has it. */
const chunkPoints = 4096;

interface PointRow {
  run_number: string;
  key_id: string;
  timestamp_ms: string;
  step: string;
  value: number;
}

async function packPoints(runner: QueryRunner): Promise<void> {
  let after: [string, string, string, string, number] | null = null;
  for (;;) {
    const rows: PointRow[] = await runner.query(
      `select run_number, key_id, timestamp_ms, step, value from tracking.metric_point
         ${after === null ? '' : 'where (run_number, key_id, timestamp_ms, step, value) > ($1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::double precision)'}
         order by run_number, key_id, timestamp_ms, step, value limit ${chunkPoints}`,
      after ?? [],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const series of Map.groupBy(rows, (row) => `${row.run_number} ${row.key_id}`).values())
      await insertChunk(runner, series);
    after = [last.run_number, last.key_id, last.timestamp_ms, last.step, last.value];
  }
}

async function insertChunk(runner: QueryRunner, rows: readonly PointRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const timestamps = rows.map((row) => Number(row.timestamp_ms));
  const steps = rows.map((row) => Number(row.step));
  const packed = encodeMetricChunk([
    { key: Number(first.key_id), timestamps, steps, values: rows.map((row) => row.value) },
  ]);
  await runner.query(
    `insert into tracking.metric_chunk (key_id, run_number, chunk, first_ms, last_ms, count, points)
       values ($1, $2, nextval('tracking.metric_chunk_number'), $3, $4, $5, $6)`,
    [first.key_id, first.run_number, timestamps[0], timestamps.at(-1), rows.length, Buffer.from(packed)],
  );
}

async function unpackPoints(runner: QueryRunner): Promise<void> {
  let after = ['-1', '-1', '-1'];
  for (;;) {
    const rows: { key_id: string; run_number: string; chunk: string; points: Buffer }[] = await runner.query(
      `select key_id, run_number, chunk, points from tracking.metric_chunk
         where (key_id, run_number, chunk) > ($1::bigint, $2::bigint, $3::bigint) order by key_id, run_number, chunk limit 16`,
      after,
    );
    for (const row of rows) {
      for (const series of decodeMetricChunk(row.points)) {
        const { timestamps, steps, values } = mergeMetricPoints([series]);
        await runner.query(
          `insert into tracking.metric_point (run_number, key_id, timestamp_ms, step, value)
             select $1, $2, * from unnest($3::bigint[], $4::bigint[], $5::double precision[]) on conflict do nothing`,
          [row.run_number, series.key, Array.from(timestamps), Array.from(steps), Array.from(values)],
        );
      }
      after = [row.key_id, row.run_number, row.chunk];
    }
    if (rows.length === 0) return;
  }
}
