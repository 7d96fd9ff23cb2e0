import { bigintArray, byteaArray, doubleArray, type Session, textArray } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { KeyValue } from '../experiments/experiment.js';
import type { RunPoints } from './run-points.js';

/** A run as the writes need it. */
export interface WritableRun {
  readonly id: string;
  readonly number: number;
  /** An id that came with an import may lie beyond 2^53. */
  readonly experimentId: bigint;
  readonly workspace: string;
  /** Neither deleted nor in a deleted experiment. */
  readonly active: boolean;
  readonly hasParams: boolean;
}

/** A parameter or tag of a run. */
export interface RunEntry extends KeyValue {
  readonly run: WritableRun;
}

const findRuns = {
  name: 'run-writes-find',
  text: `select r.run_id, r.number, r.experiment_id, r.workspace, r.lifecycle_stage = 'active' and e.lifecycle_stage = 'active' as active,
      exists (select from tracking.param p where p.run_number = r.number) as has_params,
      pg_relation_filenode('tracking.metric_key')::text as key_file
    from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id where r.run_id = any($1)`,
};

/**
 * The runs of a write get a new revision (see `run.revision`), before anything else is locked and by their number: writers that meet wait for
 * each other at the run, never in a circle. `begun` is what the rest of a statement waits for.
 */
const touching = (parameter: string): string => `touched as (
      update tracking.run set revision = revision where number = any (array(
        select number from tracking.run where number = any (${parameter}) and xmin <> pg_current_xact_id()::xid order by number for no key update))
      returning 1)`;
const begun = '(select count(*) from touched) >= 0';

const touch = {
  name: 'run-writes-touch',
  text: `with ${touching('$1::bigint[]')} select count(*) from touched`,
};

/** What points are written as, for each run: parts of $5 to $8, which hold the latest values of all runs, and a chunk. */
const pointsGiven =
  '$1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $9::int[], $10::int[], $11::int[], $12::int[], $13::int[], $14::int[]';
const pointsNamed = 'first_ms, last_ms, count, points, keys_from, keys_to, steps_from, steps_to, times_from, times_to';

/** For each of the runs `asked` one chunk of all its points, and one row of its latest values. */
const insertPoints = `${touching('array(select number from asked)')},
    added as (
      insert into tracking.metric_chunk (key_id, run_number, chunk, first_ms, last_ms, count, points)
      select 0, number, nextval('tracking.metric_chunk_number'), first_ms, last_ms, count, points from asked where ${begun}),
    pending as (
      insert into tracking.metric_pending (experiment_id, run_number, id, key_ids, values, steps, timestamps_ms)
      select experiment_id, number, nextval('tracking.metric_pending_number'),
        ($5::bigint[])[keys_from + 1 : keys_to], ($6::double precision[])[keys_from + 1 : keys_to],
        ($7::bigint[])[steps_from + 1 : steps_to], ($8::bigint[])[times_from + 1 : times_to]
      from asked where ${begun})`;

const addPoints = {
  name: 'run-writes-points',
  text: `with asked as (
      select * from unnest($15::bigint[], $16::bigint[], ${pointsGiven}) as given (number, experiment_id, ${pointsNamed})),
    ${insertPoints} select count(*) from asked`,
};

/** The same for runs that are looked up by the way. Those that may not be written are left out, and all are once the metric keys are in another file. */
const findAndAddPoints = {
  name: 'run-writes-find-and-points',
  text: `with asked as materialized (
      select r.number, r.experiment_id, given.* from unnest($15::text[], $16::text[], ${pointsGiven}) as given (run_id, workspace, ${pointsNamed})
      cross join lateral (select * from tracking.run where run_id = given.run_id offset 0) r
      where r.workspace = given.workspace and r.lifecycle_stage = 'active'
        and (select e.lifecycle_stage = 'active' from tracking.experiment e where e.experiment_id = r.experiment_id)
        and pg_relation_filenode('tracking.metric_key')::text = $17),
    ${insertPoints} select run_id from asked`,
};

const addParams = {
  name: 'run-writes-params',
  text: `with ${touching('$1::bigint[]')},
    added as (
      insert into tracking.param (run_number, experiment_id, key, value)
      select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as given where ${begun}
      on conflict on constraint param_pk do nothing returning 1)
    select count(*)::int as count from added`,
};

const addFirstParams = {
  name: 'run-writes-first-params',
  text: `with ${touching('$1::bigint[]')}
    insert into tracking.param (run_number, experiment_id, key, value)
    select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as given where ${begun}`,
};

const findConflict = {
  name: 'run-writes-conflict',
  text: `select p.run_number, p.key, p.value as stored, given.value as given
    from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as given (run, key, value, place)
    join tracking.param p on p.run_number = given.run and p.key = given.key
    where p.value <> given.value order by given.place limit 1`,
};

const setTags = {
  name: 'run-writes-tags',
  text: `with ${touching('$1::bigint[]')}
    insert into tracking.run_tag (run_number, experiment_id, key, value)
    select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as given where ${begun}
    on conflict on constraint run_tag_pk do update set value = excluded.value where run_tag.value <> excluded.value`,
};

/** The name is no governed column: this statement must not mention those that are. */
const rename = {
  name: 'run-writes-rename',
  text: `update tracking.run r set name = given.name from unnest($1::text[], $2::text[]) as given (id, name) where r.run_id = given.id`,
};

/**
 * Writes to many runs at once, a statement for each kind of thing. Rows go in the order of run and key, which is the order in which they are
 * locked.
 */
@Injectable()
export class RunWritesStore {
  /** The runs among some ids, and the file that metric keys are in (see `MetricKeys`). */
  async findRuns(
    session: Session,
    ids: ReadonlySet<string>,
  ): Promise<{ runs: ReadonlyMap<string, WritableRun>; keyFile: string }> {
    const rows = await session.run<{
      run_id: string;
      number: string;
      experiment_id: string;
      workspace: string;
      active: boolean;
      has_params: boolean;
      key_file: string;
    }>(findRuns, [textArray([...ids])]);
    const runs = rows.map(({ run_id: id, number, experiment_id, workspace, active, has_params: hasParams }) => ({
      id,
      number: Number(number),
      experimentId: BigInt(experiment_id),
      workspace,
      active,
      hasParams,
    }));
    return { runs: new Map(runs.map((run) => [run.id, run])), keyFile: rows[0]?.key_file ?? '' };
  }

  /** Locks the runs of a transaction of several statements: each alone would lock its own in order, and all together in none. */
  async touch(session: Session, runs: ReadonlySet<WritableRun>): Promise<void> {
    await session.run(touch, [bigintArray([...runs].map(({ number }) => number))]);
  }

  /**
   * Adds points, a chunk for each run, and the latest value of each metric as pending (see `LatestValues`). One statement. Answers how many
   * values are pending.
   */
  async addPoints(session: Session, points: ReadonlyMap<WritableRun, RunPoints>): Promise<number> {
    const runs = [...points].sort(([one], [other]) => one.number - other.number);
    const { values, count } = pointColumns(runs.map(([, each]) => each));
    await session.run(addPoints, [
      ...values,
      bigintArray(runs.map(([run]) => run.number)),
      bigintArray(runs.map(([run]) => run.experimentId)),
    ]);
    return count;
  }

  /**
   * The same for runs of which only the ids are known, with the workspaces that they must be of. Answers the ids of the runs that were written: the
   * others are unknown or deleted, or the ids of metrics come from another file than `keyFile`.
   */
  async findAndAddPoints(
    session: Session,
    points: ReadonlyMap<string, { readonly workspace: string; readonly points: RunPoints }>,
    keyFile: string,
  ): Promise<{ written: ReadonlySet<string>; count: number }> {
    const runs = [...points];
    const { values, count } = pointColumns(runs.map(([, each]) => each.points));
    const rows = await session.run<{ run_id: string }>(findAndAddPoints, [
      ...values,
      textArray(runs.map(([id]) => id)),
      textArray(runs.map(([, { workspace }]) => workspace)),
      keyFile,
    ]);
    return { written: new Set(rows.map(({ run_id }) => run_id)), count };
  }

  /** Adds parameters and answers one that has another value already; then nothing may be committed. */
  async addParams(
    session: Session,
    params: readonly RunEntry[],
  ): Promise<{ runNumber: number; key: string; stored: string; given: string } | null> {
    const sorted = inOrder(params);
    const [runs, experiments, keys, values] = columns(sorted);
    const [added] = await session.run<{ count: number }>(addParams, [runs, experiments, keys, values]);
    if (added?.count === params.length) return null;
    const [conflict] = await session.run<{ run_number: string; key: string; stored: string; given: string }>(
      findConflict,
      [runs, keys, values],
    );
    return conflict === undefined ? null : { ...conflict, runNumber: Number(conflict.run_number) };
  }

  /** Adds the first parameters of runs, at less than half the cost. Fails with 23505 if some run has one of them by now. */
  async addFirstParams(session: Session, params: readonly RunEntry[]): Promise<void> {
    await session.run(addFirstParams, columns(inOrder(params)));
  }

  /** Sets tags; of equal keys the last one counts. */
  async setTags(session: Session, tags: readonly RunEntry[]): Promise<void> {
    const last = new Map(tags.map((tag) => [`${tag.run.number} ${tag.key}`, tag]));
    await session.run(setTags, columns(inOrder([...last.values()])));
  }

  async rename(session: Session, names: ReadonlyMap<string, string>): Promise<void> {
    const sorted = [...names].sort(([one], [other]) => (one < other ? -1 : 1));
    await session.run(rename, [textArray(sorted.map(([id]) => id)), textArray(sorted.map(([, name]) => name))]);
  }
}

/** The first fourteen values of a statement that adds points, and how many latest values they bring. */
function pointColumns(points: readonly RunPoints[]): { values: unknown[]; count: number } {
  const [keys, values, steps, timestamps] = [new Parts(), new Parts(), new Parts(), new Parts()];
  for (const each of points) {
    const latest = each.latest();
    keys.add(latest.keys);
    values.add(latest.values);
    steps.add(oneWhereEqual(latest.steps));
    timestamps.add(oneWhereEqual(latest.timestamps));
  }
  const columns = [
    bigintArray(points.map(({ firstMs }) => firstMs)),
    bigintArray(points.map(({ lastMs }) => lastMs)),
    bigintArray(points.map(({ count }) => count)),
    byteaArray(points.map((each) => each.packed())),
    bigintArray(keys.all),
    doubleArray(values.all),
    bigintArray(steps.all),
    bigintArray(timestamps.all),
    ...[keys, steps, timestamps].flatMap(({ starts, ends }) => [starts, ends]),
  ];
  return { values: columns, count: keys.all.length };
}

/** Lists that follow each other in one, and where each begins and ends. */
class Parts {
  readonly all: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(part: readonly number[]): void {
    this.starts.push(this.all.length);
    for (const each of part) this.all.push(each);
    this.ends.push(this.all.length);
  }
}

/** A training loop logs all its metrics at one step and time: that is said once. */
function oneWhereEqual(column: readonly number[]): readonly number[] {
  const [first] = column;
  return column.every((each) => each === first) ? column.slice(0, 1) : column;
}

function inOrder(entries: readonly RunEntry[]): RunEntry[] {
  return entries.toSorted((one, other) => {
    if (one.run.number !== other.run.number) return one.run.number - other.run.number;
    if (one.key === other.key) return 0;
    return one.key < other.key ? -1 : 1;
  });
}

function columns(entries: readonly RunEntry[]): [Buffer, Buffer, Buffer, Buffer] {
  return [
    bigintArray(entries.map(({ run }) => run.number)),
    bigintArray(entries.map(({ run }) => run.experimentId)),
    textArray(entries.map(({ key }) => key)),
    textArray(entries.map(({ value }) => value)),
  ];
}
