import type { JobListRequest, JobResult, JobState } from '@assay/contracts';
import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { attemptRecord, type AttemptRecord, jobRecord, type JobRecord } from './job-record.js';

const columns = `id, workspace, spec, spec_digest as "specDigest", seed, queue, priority, max_attempts as "maxAttempts", state, epoch,
  run_id as "runId", created_at as "createdAt", created_by as "createdBy", created_by_kind as "createdByKind", started_at as "startedAt",
  ended_at as "endedAt", cancel_requested_at as "cancelRequestedAt", result, error, trigger_id as "triggerId", event_id as "eventId"`;

export type NewJob = Omit<
  JobRecord,
  'state' | 'epoch' | 'runId' | 'createdAt' | 'startedAt' | 'endedAt' | 'cancelRequestedAt' | 'result' | 'error'
>;

/** What may change with a state. */
export interface JobChange {
  readonly epoch?: number;
  readonly ended?: boolean;
  readonly started?: boolean;
  readonly result?: JobResult;
  readonly error?: string;
}

/** The jobs table. Every state change is a compare-and-set; times are the database's. */
@Injectable()
export class JobStore {
  async insert(tx: Tx, job: NewJob): Promise<JobRecord> {
    const rows: unknown[] = await tx.query(
      `insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by, created_by_kind, trigger_id, event_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', 0, now(), $10, $11, $12, $13) returning ${columns}`,
      [
        job.id,
        job.workspace,
        job.spec.recipe,
        JSON.stringify(job.spec),
        job.specDigest,
        job.seed,
        job.queue,
        job.priority,
        job.maxAttempts,
        job.createdBy,
        job.createdByKind,
        job.triggerId,
        job.eventId,
      ],
    );
    return jobRecord.parse(rows[0]);
  }

  async find(tx: Tx, workspace: string, id: string): Promise<JobRecord | null> {
    return one(await tx.query(`select ${columns} from runner.job where id = $1 and workspace = $2`, [id, workspace]));
  }

  /** Whether a trigger has answered an event already. */
  async answers(tx: Tx, triggerId: string, eventId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query('select from runner.job where trigger_id = $1 and event_id = $2', [
      triggerId,
      eventId,
    ]);
    return rows.length > 0;
  }

  async lock(tx: Tx, id: string): Promise<JobRecord | null> {
    return one(await tx.query(`select ${columns} from runner.job where id = $1 for update`, [id]));
  }

  /** A page of jobs, newest first, without those on models whose names fit a pattern of `hidden`. */
  async list(
    tx: Tx,
    workspace: string,
    { state, before, limit }: JobListRequest,
    hidden: readonly string[],
  ): Promise<JobRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from runner.job where workspace = $1 and ($2::text is null or state = $2) and ($3::text is null or id < $3)
         and not (coalesce(spec #>> '{inputs,model,name}', '') like any($5::text[]))
         and not (coalesce(spec #>> '{inputs,comparedWith,name}', '') like any($5::text[])) order by id desc limit $4`,
      [workspace, state ?? null, before ?? null, limit, likePatterns(hidden)],
    );
    return rows.map((row) => jobRecord.parse(row));
  }

  /** Jobs that could be admitted, in the order of their turn. Rows that another runner holds are passed over. */
  async lockQueued(tx: Tx, limit: number): Promise<JobRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from runner.job where state = 'queued' order by priority desc, id limit $1 for update skip locked`,
      [limit],
    );
    return rows.map((row) => jobRecord.parse(row));
  }

  async inStates(tx: Tx, states: readonly JobState[]): Promise<JobRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from runner.job where state = any($1) order by priority desc, id`,
      [states],
    );
    return rows.map((row) => jobRecord.parse(row));
  }

  /** Serialises everybody who hands out slots, until the transaction ends. */
  async lockSlots(tx: Tx): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('runner.slots'))`);
  }

  /** Of the workspaces that the session sees: slots are counted across all of them. */
  async countUnfinished(tx: Tx): Promise<{ active: number; queued: number }> {
    const rows: { active: string; queued: string }[] = await tx.query(
      `select count(*) filter (where state <> 'queued') as active, count(*) filter (where state = 'queued') as queued
       from runner.job where state in ('queued', 'admitted', 'starting', 'running')`,
    );
    return { active: Number(rows[0]?.active ?? 0), queued: Number(rows[0]?.queued ?? 0) };
  }

  /** Places of waiting jobs in the queue, from 1, and how many slots are taken: by jobs of all workspaces. */
  async placesInQueue(tx: Tx, ids: readonly string[]): Promise<Map<string, { place: number; active: number }>> {
    const rows: { id: string; place: string; active: string }[] = await tx.query(
      'select id, place, active from runner.queued_job where id = any($1)',
      [ids],
    );
    return new Map(rows.map(({ id, place, active }) => [id, { place: Number(place), active: Number(active) }]));
  }

  /** Moves a job from one state to another; `null` when it is not (any more) in that state and attempt. */
  async move(
    tx: Tx,
    job: Pick<JobRecord, 'id' | 'state' | 'epoch'>,
    to: JobState,
    change: JobChange = {},
  ): Promise<JobRecord | null> {
    return updated(
      await tx.query(
        `update runner.job set state = $4, epoch = coalesce($5, epoch), started_at = case when $6 then coalesce(started_at, now()) else started_at end,
           ended_at = case when $7 then now() else ended_at end, result = coalesce($8, result), error = coalesce($9, error)
         where id = $1 and state = $2 and epoch = $3 returning ${columns}`,
        [
          job.id,
          job.state,
          job.epoch,
          to,
          change.epoch ?? null,
          change.started ?? false,
          change.ended ?? false,
          change.result === undefined ? null : JSON.stringify(change.result),
          change.error ?? null,
        ],
      ),
    );
  }

  async bindRun(tx: Tx, id: string, runId: string): Promise<void> {
    await tx.query('update runner.job set run_id = $2 where id = $1 and run_id is null', [id, runId]);
  }

  async requestCancel(tx: Tx, id: string): Promise<void> {
    await tx.query('update runner.job set cancel_requested_at = now() where id = $1 and cancel_requested_at is null', [
      id,
    ]);
  }

  async attempts(tx: Tx, jobIds: readonly string[]): Promise<AttemptRecord[]> {
    const rows: unknown[] = await tx.query(
      `select a.job_id as "jobId", a.epoch, a.state, a.started_at as "startedAt", a.ended_at as "endedAt", a.machine, a.reason,
         s.progress, s.backend, s.data_read as "dataRead", s.executor_host as "executorHost", s.pid, s.process_start as "processStart"
       from runner.attempt a join runner.attempt_status s on s.job_id = a.job_id and s.epoch = a.epoch
       where a.job_id = any($1) order by a.job_id, a.epoch`,
      [jobIds],
    );
    return rows.map((row) => attemptRecord.parse(row));
  }
}

function one(rows: unknown[]): JobRecord | null {
  return rows.length === 0 ? null : jobRecord.parse(rows[0]);
}

/** TypeORM answers an UPDATE … RETURNING as [rows, count]. */
function updated([rows]: [unknown[], number]): JobRecord | null {
  return one(rows);
}
