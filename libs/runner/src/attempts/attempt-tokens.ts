import { JobTokens } from '@assay/platform/auth';
import { Clock } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { JobRecord } from '../jobs/job-record.js';

/** Tokens of workers: for a job's latest attempt, valid for minutes, and worthless as soon as that attempt has ended. */
@Injectable()
export class AttemptTokens {
  constructor(
    private readonly tokens: JobTokens,
    private readonly clock: Clock,
  ) {}

  issue({ id, epoch, runId, spec, createdBy, workspace }: JobRecord): Promise<string> {
    const claims = { jobId: id, epoch, runId, recipe: spec.recipe, onBehalfOf: createdBy, workspace };
    return this.tokens.issue(claims, this.clock.now());
  }
}
