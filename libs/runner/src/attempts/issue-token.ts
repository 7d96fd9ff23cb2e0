import type { JobTokens } from '@assay/platform/auth';
import type { JobRecord } from '../jobs/job-record.js';

/** A token for the job's latest attempt: valid for minutes, and worthless as soon as that attempt has ended. */
export function issueToken(tokens: JobTokens, job: JobRecord, now: Date): Promise<string> {
  return tokens.issue(
    {
      jobId: job.id,
      epoch: job.epoch,
      runId: job.runId,
      recipe: job.spec.recipe,
      onBehalfOf: job.createdBy,
      workspace: job.workspace,
    },
    now,
  );
}
