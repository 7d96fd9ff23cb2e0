import {
  type Actor,
  endedJobStates,
  hiddenModels,
  type Job,
  type JobListRequest,
  type JobLog,
  type JobLogRequest,
} from '@assay/contracts';
import { Config } from '@assay/platform/config';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { JobLogStore } from './job-log.store.js';
import { type JobRecord, toJob } from './job-record.js';
import { JobStore } from './job.store.js';

/** Reading jobs. */
@Injectable()
export class JobsService {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly logs: JobLogStore,
    private readonly config: Config,
  ) {}

  async get(actor: Actor, id: string): Promise<Job> {
    return this.database.read(async (tx) => this.inTransaction(tx, await this.require(tx, actor, id)));
  }

  /** A job as the transaction that has just changed it answers it: after the commit nothing may fail any more. */
  async inTransaction(tx: Tx, job: JobRecord): Promise<Job> {
    const [described] = await this.describe(tx, [job]);
    if (described === undefined) throw new Error('a job was described as nothing');
    return described;
  }

  async list(actor: Actor, request: JobListRequest): Promise<Job[]> {
    return this.database.read(async (tx) =>
      this.describe(tx, await this.jobs.list(tx, actor.workspace, request, hiddenModels(actor))),
    );
  }

  async log(actor: Actor, { id, after, limit }: JobLogRequest): Promise<JobLog> {
    return this.database.read(async (tx) => {
      const job = await this.require(tx, actor, id);
      const lines = await this.logs.after(tx, id, after, limit);
      const ended = lines.length < limit && endedJobStates.some((state) => state === job.state);
      return { lines, next: lines.at(-1)?.position ?? after, ended };
    });
  }

  /** Jobs with their attempts and, in a sentence, what they wait for: as many queries for a page as for one. */
  private async describe(tx: Tx, jobs: readonly JobRecord[]): Promise<Job[]> {
    const attempts = Map.groupBy(
      await this.jobs.attempts(
        tx,
        jobs.map(({ id }) => id),
      ),
      ({ jobId }) => jobId,
    );
    const queued = jobs.filter(({ state }) => state === 'queued').map(({ id }) => id);
    const places = queued.length === 0 ? null : await this.jobs.placesInQueue(tx, queued);
    return jobs.map((job) => toJob(job, attempts.get(job.id) ?? [], this.waiting(job, places?.get(job.id))));
  }

  private async require(tx: Tx, actor: Actor, id: string): Promise<JobRecord> {
    const job = await this.jobs.find(tx, actor.workspace, id);
    if (job === null)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no job '${id}': "assay jobs list" shows them.`);
    return job;
  }

  private waiting(job: JobRecord, queue: { place: number; active: number } | undefined): string | null {
    if (job.state === 'admitted') return 'It has a slot and is being started.';
    if (job.state === 'starting') return 'Its worker is starting.';
    if (job.state !== 'queued') return null;
    const { slots } = this.config.runner;
    return queue === undefined || queue.active < slots
      ? 'It is about to get a slot.'
      : `${slots === 1 ? 'The only slot is' : `All ${slots} slots are`} taken; it is number ${queue.place} in the queue.`;
  }
}
