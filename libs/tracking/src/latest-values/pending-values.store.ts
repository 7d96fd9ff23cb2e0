import { type Database, InjectDatabase, type Statement } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** What one step has moved. */
export interface Settled {
  /** Pending rows: one for each write and run. */
  readonly rows: number;
  /** Values in them, before the newest of each metric was taken. */
  readonly values: number;
  /** Numbers of the runs that they are of. */
  readonly runs: readonly number[];
}

/**
 * Moves pending values into `metric_latest`, the newest of each metric.
 * - Pending rows are locked in the order of their key and values are stored in the order of theirs, so that none waits in a circle.
 * - A row is left out whole where the next one of its run has the same metrics at a later step, as that of a training loop has.
 * - A crash may take the step back: what it moved is pending again then. So it needs no flush of its own, and says so.
 */
const settle = (name: string, which: string, waiting: string): Statement => ({
  name,
  text: `with due as (
      delete from tracking.metric_pending where ctid = any (array(
        select ctid from tracking.metric_pending where ${which} order by experiment_id, run_number, id limit $1 for update ${waiting}))
        and set_config('synchronous_commit', 'off', true) is not null
      returning run_number, experiment_id, id, key_ids, values, steps, timestamps_ms),
    followed as (
      select *, lead(key_ids) over later as next_key_ids, lead(steps) over later as next_steps
      from due window later as (partition by run_number order by id)),
    newest as (
      select distinct on (p.run_number, v.key_id) p.run_number, p.experiment_id, v.key_id,
        coalesce(v.step, p.steps[1]) as step, coalesce(v.timestamp_ms, p.timestamps_ms[1]) as timestamp_ms, v.value
      from followed p cross join lateral unnest(p.key_ids, p.values, p.steps, p.timestamps_ms) as v (key_id, value, step, timestamp_ms)
      where (cardinality(p.steps) = 1 and cardinality(p.next_steps) = 1 and p.next_steps[1] > p.steps[1] and p.next_key_ids = p.key_ids) is not true
      order by p.run_number, v.key_id, step desc, timestamp_ms desc, coalesce(nullif(v.value, 'NaN'), 0) desc),
    moved as (
      insert into tracking.metric_latest as known (run_number, experiment_id, key_id, step, timestamp_ms, value)
      select run_number, experiment_id, key_id, step, timestamp_ms, value from newest
      on conflict on constraint metric_latest_pk do update set step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value
        where (excluded.step, excluded.timestamp_ms, coalesce(nullif(excluded.value, 'NaN'), 0))
            > (known.step, known.timestamp_ms, coalesce(nullif(known.value, 'NaN'), 0)))
    select count(*)::int as rows, coalesce(sum(cardinality(key_ids)), 0)::int as values,
      coalesce(json_agg(distinct run_number), '[]') as runs from due`,
});

const settleSome = settle('pending-values-some', 'true', 'skip locked');
const settleExperiments = settle(
  'pending-values-experiments',
  'experiment_id = any ($2::bigint[]) and id <= $3::bigint',
  '',
);

/** Ids are handed out one by one, so whatever is committed has an id up to this. */
const newestId = {
  name: 'pending-values-newest-id',
  text: `select coalesce(last_value, 0)::text as id from pg_sequences where schemaname = 'tracking' and sequencename = 'metric_pending_number'`,
};

@Injectable()
export class PendingValuesStore {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  /** Moves so many pending rows, other than those that somebody is moving already. */
  async settleSome(most: number): Promise<Settled> {
    return one(await this.database.run<Settled>(settleSome, [most]));
  }

  /** An id up to which everything is that has been written so far. */
  async newestId(): Promise<string> {
    return one(await this.database.run<{ id: string }>(newestId)).id;
  }

  /** Moves so many pending rows of some experiments, up to an id, and waits for those that somebody is moving already. */
  async settleExperiments(experimentIds: readonly string[], upToId: string, most: number): Promise<Settled> {
    return one(await this.database.run<Settled>(settleExperiments, [most, experimentIds, upToId]));
  }
}

function one<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('the statement answers one row');
  return row;
}
