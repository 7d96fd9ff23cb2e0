import type { Actor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { JobRunStore } from './job-run.store.js';
import type { WriteTarget } from './write-target.js';

/**
 * The one way to write experiments, runs, logged models and files: every transaction says what it writes, and a job's token is refused
 * anything but its own run and what that run made. That its attempt is still current is asked by the database itself, for every service.
 */
@Injectable()
export class TrackingWrites {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly jobRuns: JobRunStore,
    private readonly audit: AuditClient,
  ) {}

  /** @param happened as `Database.transaction` has it; jobs send their creations with a key, and ask again. */
  async transaction<T>(
    actor: Actor,
    target: WriteTarget,
    work: (tx: Tx) => Promise<T>,
    happened?: (tx: Tx) => Promise<T | null>,
  ): Promise<T> {
    const { job } = actor;
    if (job === undefined) return this.database.transaction(work, happened);
    const outcome = await this.database.transaction(async (tx) =>
      (await this.isOwn(tx, actor, job.jobId, target)) ? { value: await work(tx) } : null,
    );
    if (outcome !== null) return outcome.value;
    await this.audit.refused(this.database, actor, {
      action: 'tracking.write.refused.v1',
      target: { type: target.kind, id: 'id' in target && target.id !== null ? target.id : '' },
    });
    throw new AppError(
      'PERMISSION_DENIED',
      'Permission denied: the token of a job writes the one run that the job made, and the logged models, traces and files of that run.',
    );
  }

  private async isOwn(tx: Tx, actor: Actor, jobId: string, target: WriteTarget): Promise<boolean> {
    const run = await this.jobRuns.runOf(tx, jobId);
    switch (target.kind) {
      case 'experiment': // the job's run needs one to be made in
        return run === null && target.id === null;
      case 'new run':
        return (
          run === null || (target.key !== null && (await this.jobRuns.wasMadeUnder(tx, actor.id, target.key, run)))
        );
      case 'run':
        return run === target.id && !(await this.jobRuns.hasForeignModel(tx, run, target.loggedModelIds ?? []));
      case 'new logged model':
        return run !== null && run === target.sourceRunId;
      case 'logged model':
        return run !== null && !(await this.jobRuns.hasForeignModel(tx, run, [target.id]));
      case 'trace':
        return run !== null && (await this.jobRuns.ownsTraces(tx, run, target.ids, target.runId === run));
      case 'nothing':
        return false;
    }
  }
}
