import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * Latest values of metrics arrive in `metric_pending`, one row for each write and run, and are moved into `metric_latest` later: a write of a
 * thousand metrics costs one row instead of a thousand in two indexes, and of many writes to a run only the newest values reach the indexes.
 *
 * `steps` and `timestamps_ms` have one element where it is that of all keys, else one for each.
 * `latest_values` reads what is in both; it is written so that the planner puts it into the query that calls it. Where nothing is pending it costs
 * one look into an index.
 */
export class DeferLatestValues1795300298000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...pending, latestValues, ...withoutTriggers]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [moveAll, ...withTriggers, ...withoutPending]) await runner.query(statement);
  }
}

const pending = [
  'create sequence tracking.metric_pending_number',
  `create table tracking.metric_pending (
     experiment_id bigint not null, run_number bigint not null, id bigint not null,
     key_ids bigint[] not null, values double precision[] not null, steps bigint[] not null, timestamps_ms bigint[] not null,
     constraint metric_pending_pk primary key (experiment_id, run_number, id))`,
  // Doubles hardly compress, and trying costs more than it saves.
  ...['key_ids', 'values', 'steps', 'timestamps_ms'].map(
    (column) => `alter table tracking.metric_pending alter column ${column} set storage external`,
  ),
  // Rows live for a fraction of a second: what they leave behind is cleared away often, so that the table stays small.
  `alter table tracking.metric_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
     autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000000)`,
  ...telemetry('tracking.metric_pending'),
  'grant usage on sequence tracking.metric_pending_number to registry_svc',
  'grant select, insert, update, delete on tracking.metric_pending to registry_svc',
];

/** The columns of every pending value of the rows `p`. */
const unpacked = `unnest(p.key_ids, p.values, p.steps, p.timestamps_ms) as v (key_id, value, step, timestamp_ms)`;
const values = `v.key_id, coalesce(v.step, p.steps[1]) as step, coalesce(v.timestamp_ms, p.timestamps_ms[1]) as timestamp_ms, v.value`;
const ofRun = 'p.experiment_id = of_experiment and p.run_number = of_run';
const somePending = `(select true from tracking.metric_pending p where ${ofRun} limit 1)`;

const latestValues = `create function tracking.latest_values(of_experiment bigint, of_run bigint)
  returns table (key_id bigint, step bigint, timestamp_ms bigint, value double precision) language sql stable as $$
    select m.key_id, m.step, m.timestamp_ms, m.value from tracking.metric_latest m where m.run_number = of_run and ${somePending} is null
    union all
    (select distinct on (known.key_id) known.key_id, known.step, known.timestamp_ms, known.value
     from (
       select m.key_id, m.step, m.timestamp_ms, m.value from tracking.metric_latest m where m.run_number = of_run
       union all
       select ${values} from tracking.metric_pending p cross join lateral ${unpacked} where ${ofRun}) known
     where ${somePending} is not null
     order by known.key_id, known.step desc, known.timestamp_ms desc, coalesce(nullif(known.value, 'NaN'), 0) desc)
  $$`;

const changes = [
  { event: 'insert', rows: 'new table' },
  { event: 'update', rows: 'new table' },
  { event: 'delete', rows: 'old table' },
];

/** Whoever writes points raises the revision of the run itself; moving values changes nothing that a run shows. */
const withoutTriggers = changes.map(({ event }) => `drop trigger run_revised_by_${event} on tracking.metric_latest`);

const withTriggers = changes.map(
  ({ event, rows }) => `create trigger run_revised_by_${event} after ${event} on tracking.metric_latest
    referencing ${rows} as changed for each statement execute function tracking.revise_runs()`,
);

const moveAll = `insert into tracking.metric_latest as known (run_number, experiment_id, key_id, step, timestamp_ms, value)
  select distinct on (p.run_number, v.key_id) p.run_number, p.experiment_id, ${values}
  from tracking.metric_pending p cross join lateral ${unpacked}
  order by p.run_number, v.key_id, step desc, timestamp_ms desc, coalesce(nullif(v.value, 'NaN'), 0) desc
  on conflict on constraint metric_latest_pk do update set step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value
    where (excluded.step, excluded.timestamp_ms, coalesce(nullif(excluded.value, 'NaN'), 0))
        > (known.step, known.timestamp_ms, coalesce(nullif(known.value, 'NaN'), 0))`;

const withoutPending = [
  'drop function tracking.latest_values(bigint, bigint)',
  'drop table tracking.metric_pending',
  'drop sequence tracking.metric_pending_number',
  `delete from audit.declared_table where name = 'tracking.metric_pending'`,
];
