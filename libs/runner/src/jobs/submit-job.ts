import { createHash } from 'node:crypto';
import type { Actor, Job, SubmitJobRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { type Database, InjectDatabase, newId, type Tx } from '@assay/platform/database';
import { JobQueue } from '@assay/platform/queue';
import { canonicalJson } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { type JobRecord, specOf } from './job-record.js';
import { JobStore } from './job.store.js';
import { JobsService } from './jobs.service.js';

/** Why a job was asked for, if not by a person's call. */
export interface JobOrigin {
  readonly triggerId: string;
  readonly eventId: string;
}

/** Puts a job into the queue. */
@Injectable()
export class SubmitJob {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly audit: AuditClient,
    private readonly queue: JobQueue,
    private readonly reading: JobsService,
  ) {}

  async execute(actor: Actor, request: SubmitJobRequest): Promise<Job> {
    return this.database.transaction(async (tx) =>
      this.reading.inTransaction(tx, await this.inTransaction(tx, actor, request, null)),
    );
  }

  /** For the trigger, whose cursor moves in the same transaction. The job belongs to whom the actor acts for. */
  async inTransaction(tx: Tx, actor: Actor, request: SubmitJobRequest, origin: JobOrigin | null): Promise<JobRecord> {
    const spec = specOf(request);
    const job = await this.jobs.insert(tx, {
      id: newId(),
      workspace: actor.workspace,
      spec,
      specDigest: createHash('sha256').update(canonicalJson(spec)).digest('hex'),
      seed: spec.params.seed,
      queue: request.queue,
      priority: request.priority,
      maxAttempts: request.maxAttempts,
      createdBy: actor.onBehalfOf ?? actor.id,
      createdByKind: actor.kind,
      triggerId: origin?.triggerId ?? null,
      eventId: origin?.eventId ?? null,
    });
    await this.audit.record(tx, actor, {
      action: 'runner.job.submitted.v1',
      target: { type: 'runner.job', id: job.id },
      covers: [row('runner.job', job.id)],
      after: {
        recipe: spec.recipe,
        version: spec.version,
        specDigest: job.specDigest,
        seed: job.seed,
        queue: job.queue,
        priority: job.priority,
        maxAttempts: job.maxAttempts,
        state: job.state,
      },
      links: { job: job.id, ...(origin === null ? {} : { trigger: origin.triggerId, event: origin.eventId }) },
    });
    await this.queue.enqueue(tx, 'runner.dispatch', job.id);
    return job;
  }
}
