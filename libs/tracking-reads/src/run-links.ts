import type { Tx } from '@assay/platform/database';
import { partsOfWholes, wholesOfParts } from './nested-runs.js';

/** Ids of two things, the first of which the second was made of. */
export type Pair = readonly [from: string, to: string];

export interface RunName {
  readonly id: string;
  readonly name: string;
  readonly at: Date;
  readonly facts: Readonly<Record<string, string>>;
}

/** A dataset as a run logged it. */
export interface LoggedDataset {
  readonly runId: string;
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly source: string;
  /** What the run used it for; empty where it said nothing. */
  readonly use: string;
}

const loggedDatasets = `select r.run_id as "runId", d.id, d.name, d.digest, d.source, coalesce((
    select min(t ->> 'value') from jsonb_array_elements(case jsonb_typeof(u.tags) when 'array' then u.tags else '[]' end) t
      where t ->> 'key' = 'mlflow.data.context'), '') as use
  from tracking.run_dataset u join tracking.dataset d on d.id = u.dataset_id join tracking.run r on r.number = u.run_number
  where r.workspace = $1`;

/** MLflow's digests hold 36 characters at most: so many of a SHA-256 count as a match, and so does a source that names all of it. */
const isContent = `(d.digest in (asked.sha256, left(asked.sha256, 36)) or position(asked.sha256 in d.source) > 0)`;

/** What runs read and made, step by step: asked by the registry for lineage. Deleted ones count: they were there. */
export class RunLinks {
  /** Runs that logged data of these digests, with the digest by which each was found. */
  async runsOn(
    tx: Tx,
    workspace: string,
    digests: readonly string[],
    most: number,
  ): Promise<(LoggedDataset & { sha256: string })[]> {
    return tx.query(
      `select asked.sha256, logged.* from unnest($2::text[]) as asked (sha256) cross join lateral (
           ${loggedDatasets} and ${isContent}) as logged order by logged."runId", logged.id limit $3`,
      [workspace, digests, most],
    );
  }

  /** A page of the runs that logged data of a digest, each once and by id, from behind one on. */
  async pageOfRunsOn(
    tx: Tx,
    workspace: string,
    digest: string,
    after: string,
    most: number,
  ): Promise<{ runId: string; use: string }[]> {
    return tx.query(
      `select logged."runId", min(logged.use) as use from (select $2::text as sha256) as asked cross join lateral (
           ${loggedDatasets} and ${isContent} and r.run_id > $3) as logged group by 1 order by 1 limit $4`,
      [workspace, digest, after, most],
    );
  }

  /** Runs and the runs that they are parts of. */
  async partsOf(tx: Tx, workspace: string, side: 'from' | 'to', ids: readonly string[], most: number): Promise<Pair[]> {
    const asked = side === 'from' ? 'part' : 'whole';
    return pairs(
      await tx.query(
        `select part.run_id as "from", whole.run_id as "to" from ${asked === 'part' ? wholesOfParts : partsOfWholes}
           where ${asked}.workspace = $1 and ${asked}.run_id = any($2::text[]) order by 1, 2 limit $3`,
        [workspace, ids, most],
      ),
    );
  }

  /** Runs, each with all that it is nested in (`around`) or that is nested in it (`inside`), at whichever depth. */
  async nested(
    tx: Tx,
    workspace: string,
    way: 'around' | 'inside',
    ids: readonly string[],
    most: number,
  ): Promise<Pair[]> {
    const next =
      way === 'around'
        ? `select whole.run_id from ${wholesOfParts} where part.workspace = $1 and part.run_id = n."to"`
        : `select part.run_id from ${partsOfWholes} where whole.workspace = $1 and whole.run_id = n."to"`;
    return pairs(
      await tx.query(
        `with recursive nest ("from", "to", depth) as (
           select id, id, 0 from unnest($2::text[]) as id
           union select n."from", next.run_id, n.depth + 1 from nest n cross join lateral (${next}) as next where n.depth < 30)
         select distinct "from", "to" from nest where "from" <> "to" order by 1, 2 limit $3`,
        [workspace, ids, most],
      ),
    );
  }

  /** Datasets that runs logged. */
  async datasetsOf(tx: Tx, workspace: string, runIds: readonly string[], most: number): Promise<LoggedDataset[]> {
    return tx.query(`${loggedDatasets} and r.run_id = any($2::text[]) order by r.run_id, d.id limit $3`, [
      workspace,
      runIds,
      most,
    ]);
  }

  /** Runs that logged these datasets, by the dataset's own id. */
  async runsOfLogged(tx: Tx, workspace: string, ids: readonly string[], most: number): Promise<LoggedDataset[]> {
    return tx.query(`${loggedDatasets} and d.id = any($2::text[]) order by r.run_id, d.id limit $3`, [
      workspace,
      ids,
      most,
    ]);
  }

  /** Runs and the logged models that they made. */
  async made(tx: Tx, workspace: string, side: 'from' | 'to', ids: readonly string[], most: number): Promise<Pair[]> {
    const asked = side === 'from' ? 'run_id' : 'model_id';
    return pairs(
      await tx.query(
        `select "from", "to" from (
           select l.source_run_id as "from", l.model_id as "to" from tracking.logged_model l
             where l.workspace = $1 and l.source_run_id is not null and l.${asked === 'run_id' ? 'source_run_id' : 'model_id'} = any($2::text[])
           union select r.run_id, m.model_id from tracking.run_model m join tracking.run r on r.number = m.run_number
             where r.workspace = $1 and m.direction = 'output' and ${asked === 'run_id' ? 'r' : 'm'}.${asked} = any($2::text[])
         ) as made order by 1, 2 limit $3`,
        [workspace, ids, most],
      ),
    );
  }

  /** Logged models and the runs that went on from them. */
  async readBy(tx: Tx, workspace: string, side: 'from' | 'to', ids: readonly string[], most: number): Promise<Pair[]> {
    return pairs(
      await tx.query(
        `select m.model_id as "from", r.run_id as "to" from tracking.run_model m join tracking.run r on r.number = m.run_number
           where r.workspace = $1 and m.direction = 'input' and ${side === 'from' ? 'm.model_id' : 'r.run_id'} = any($2::text[])
           order by 1, 2 limit $3`,
        [workspace, ids, most],
      ),
    );
  }

  /** Jobs and the runs that they wrote. */
  async ofJobs(tx: Tx, workspace: string, side: 'from' | 'to', ids: readonly string[], most: number): Promise<Pair[]> {
    return pairs(
      await tx.query(
        `select job_id as "from", run_id as "to" from tracking.run
           where workspace = $1 and job_id is not null and ${side === 'from' ? 'job_id' : 'run_id'} = any($2::text[]) order by 1, 2 limit $3`,
        [workspace, ids, most],
      ),
    );
  }

  /** Keeps a run and its experiment as they are until the transaction ends; false when there is no such run. */
  async lock(tx: Tx, workspace: string, runId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `select 1 from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id
         where r.workspace = $1 and r.run_id = $2 for update of e, r`,
      [workspace, runId],
    );
    return rows.length > 0;
  }

  /** Keeps an evaluation dataset as it is until the transaction ends; false when there is none of the id. */
  async lockEvaluationDataset(tx: Tx, workspace: string, id: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select 1 from tracking.evaluation_dataset where workspace = $1 and dataset_id = $2 for update',
      [workspace, id],
    );
    return rows.length > 0;
  }

  async describeRuns(tx: Tx, workspace: string, ids: readonly string[]): Promise<RunName[]> {
    return named(
      await tx.query(
        `select run_id as id, name, start_time_ms as ms,
             jsonb_build_object('experiment', experiment_id::text, 'status', status, 'stage', lifecycle_stage) as facts
           from tracking.run where workspace = $1 and run_id = any($2::text[])`,
        [workspace, ids],
      ),
    );
  }

  async describeModels(tx: Tx, workspace: string, ids: readonly string[]): Promise<RunName[]> {
    return named(
      await tx.query(
        `select model_id as id, name, created_ms as ms,
             jsonb_build_object('experiment', experiment_id::text, 'status', status, 'stage', lifecycle_stage) as facts
           from tracking.logged_model where workspace = $1 and model_id = any($2::text[])`,
        [workspace, ids],
      ),
    );
  }

  /** Datasets by the ids under which runs logged them. */
  async describeLogged(tx: Tx, workspace: string, ids: readonly string[]): Promise<Omit<RunName, 'at'>[]> {
    return tx.query(
      `select d.id, d.name, jsonb_build_object('experiment', d.experiment_id::text, 'digest', d.digest, 'source', left(d.source, 500)) as facts
         from tracking.dataset d join tracking.experiment e on e.experiment_id = d.experiment_id
         where e.workspace = $1 and d.id = any($2::text[])`,
      [workspace, ids],
    );
  }
}

function pairs(rows: readonly { from: string; to: string }[]): Pair[] {
  return rows.map(({ from, to }) => [from, to]);
}

function named(rows: readonly (Omit<RunName, 'at'> & { ms: string })[]): RunName[] {
  return rows.map(({ ms, ...rest }) => ({ ...rest, at: new Date(Number(ms)) }));
}
