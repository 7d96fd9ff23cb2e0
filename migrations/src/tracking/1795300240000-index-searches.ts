import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What searches read fast:
 * - indexes that find runs by the value of a metric (in its order; the index alone answers), and by an exact parameter or tag (by an eight-byte hash of key and value, so
 *   that long values cost no more than short ones; the rows found are compared in full);
 * - `run.revision`, which changes with everything that a run shows, so that a rendered run can be kept for as long as its revision stands.
 */
export class IndexSearches1795300240000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...indexes, ...revisions]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      ...revised.flatMap((table) => changes.map(({ event }) => `drop trigger run_revised_by_${event} on ${table}`)),
      'drop trigger run_revised on tracking.run',
      'drop function tracking.revise_runs(), tracking.revise_run()',
      'alter table tracking.run drop column revision',
      'alter table tracking.run reset (fillfactor)',
      'drop index tracking.metric_latest_by_value, tracking.param_by_value, tracking.run_tag_by_value, tracking.run_dataset_by_dataset',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const indexes = [
  'create index metric_latest_by_value on tracking.metric_latest (experiment_id, key_id, value, run_number)',
  ...['param', 'run_tag'].map(
    (table) =>
      `create index ${table}_by_value on tracking.${table} (hashtextextended(key || '=' || value, experiment_id))`,
  ),
  'create index run_dataset_by_dataset on tracking.run_dataset (dataset_id)',
];

const revised = [
  'tracking.param',
  'tracking.run_tag',
  'tracking.metric_latest',
  'tracking.run_dataset',
  'tracking.run_model',
];

const changes = [
  { event: 'insert', rows: 'new table' },
  { event: 'update', rows: 'new table' },
  { event: 'delete', rows: 'old table' },
];

const revisions = [
  'alter table tracking.run add column revision bigint not null default 1',
  'alter table tracking.run set (fillfactor = 85)', // room for the next version of a row on its own page: no index is touched then
  'grant update (revision) on tracking.run to registry_svc',
  `create function tracking.revise_run() returns trigger language plpgsql as $$
   begin
     new.revision := old.revision + 1;
     return new;
   end $$`,
  `create trigger run_revised before update on tracking.run for each row execute function tracking.revise_run()`,
  // A run that this transaction made or changed has a revision that nobody has seen yet. Rows are locked in one order, so that two writers never wait in a circle.
  `create function tracking.revise_runs() returns trigger language plpgsql as $$
   begin
     update tracking.run set revision = revision where number = any (array(
       select number from tracking.run
         where number = any (array(select distinct run_number from changed)) and xmin <> pg_current_xact_id()::xid
         order by number for no key update));
     return null;
   end $$`,
  ...revised.flatMap((table) =>
    changes.map(
      ({ event, rows }) =>
        `create trigger run_revised_by_${event} after ${event} on ${table}
           referencing ${rows} as changed for each statement execute function tracking.revise_runs()`,
    ),
  ),
];
