import { insertRecords } from '@assay/platform/audit-client';
import { bigintArray, type Session, textArray } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { KeyValue, LifecycleStage } from '../experiments/experiment.js';
import type { Run } from './run.js';

/** A run that is about to be stored: running and active, and without a number. */
export interface NewRun {
  readonly workspace: string;
  readonly run: Omit<Run, 'number'>;
  readonly jobId: string | null;
  readonly tags: readonly KeyValue[];
}

/** An experiment as a new run needs it. */
export interface Home {
  readonly id: string;
  readonly workspace: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
}

const findHomes = {
  name: 'new-runs-find-homes',
  text: 'select experiment_id, workspace, artifact_location, lifecycle_stage from tracking.experiment where experiment_id = any($1)',
};

const add = {
  name: 'new-runs-add',
  text: `with made as (
      insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, job_id, status, start_time_ms, artifact_uri, lifecycle_stage)
      select id, nextval('tracking.run_number'), experiment_id, workspace, name, user_id, created_by, nullif(job_id, ''), 'RUNNING', start_ms, artifact_uri, 'active'
      from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[])
        as given (id, experiment_id, workspace, name, user_id, created_by, job_id, start_ms, artifact_uri)
      returning run_id, number, experiment_id),
    tagged as (
      insert into tracking.run_tag (run_number, experiment_id, key, value)
      select made.number, made.experiment_id, tag.key, tag.value
      from made join unnest($10::text[], $11::text[], $12::text[]) as tag (run_id, key, value) on tag.run_id = made.run_id),
    recorded as (${insertRecords(13)})
    select run_id, number from made`,
};

const findNumbers = {
  name: 'new-runs-find-numbers',
  text: 'select run_id, number from tracking.run where run_id = any($1)',
};

/** Stores new runs, many at once. */
@Injectable()
export class NewRunsStore {
  /** The experiments among some ids. */
  async findHomes(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, Home>> {
    const rows = await session.run<{
      experiment_id: string;
      workspace: string;
      artifact_location: string;
      lifecycle_stage: LifecycleStage;
    }>(findHomes, [bigintArray([...new Set(ids)].map(BigInt))]);
    return new Map(
      rows.map((row) => [
        row.experiment_id,
        {
          id: row.experiment_id,
          workspace: row.workspace,
          artifactLocation: row.artifact_location,
          lifecycleStage: row.lifecycle_stage,
        },
      ]),
    );
  }

  /** Stores runs with their tags and the columns of the records of their creation, in one statement, and answers their numbers by id. */
  async add(
    session: Session,
    runs: readonly NewRun[],
    records: readonly Buffer[],
  ): Promise<ReadonlyMap<string, string>> {
    const texts = (read: (each: NewRun) => string): Buffer => textArray(runs.map(read));
    const tags = runs.flatMap(({ run, tags: own }) => own.map(({ key, value }) => ({ id: run.id, key, value })));
    const rows = await session.run<{ run_id: string; number: string }>(add, [
      texts(({ run }) => run.id),
      bigintArray(runs.map(({ run }) => BigInt(run.experimentId))),
      texts(({ workspace }) => workspace),
      texts(({ run }) => run.name),
      texts(({ run }) => run.userId),
      texts(({ run }) => run.createdBy),
      texts(({ jobId }) => jobId ?? ''),
      bigintArray(runs.map(({ run }) => run.startTimeMs)),
      texts(({ run }) => run.artifactUri),
      textArray(tags.map(({ id }) => id)),
      textArray(tags.map(({ key }) => key)),
      textArray(tags.map(({ value }) => value)),
      ...records,
    ]);
    return new Map(rows.map((row) => [row.run_id, row.number]));
  }

  /** The numbers of those that are stored. */
  async numbers(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await session.run<{ run_id: string; number: string }>(findNumbers, [textArray(ids)]);
    return new Map(rows.map((row) => [row.run_id, row.number]));
  }
}
