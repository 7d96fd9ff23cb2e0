import { endedJobStates, type Job, job, jobLog } from '@assay/contracts';
import { type ApiClient, segment } from './api-client.js';
import { CliError, exitCodes } from './exit-codes.js';
import type { Progress } from './output/progress.js';

export interface FollowOptions {
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly progress: Progress;
  /** Every log line, or only warnings and errors. */
  readonly logs?: boolean;
  readonly intervalMs?: number;
}

export function hasEnded(state: Job['state']): boolean {
  return endedJobStates.some((ended) => ended === state);
}

/** Looks at a job until it has ended, showing its progress and log. */
export async function followJob(api: ApiClient, id: string, options: FollowOptions): Promise<Job> {
  let after = 0;
  const tellLines = async (): Promise<void> => {
    const log = await api.get(`/api/v1/jobs/${segment(id)}/logs`, jobLog, { after });
    after = log.next;
    for (const line of log.lines) if (options.logs === true || line.level !== 'info') options.progress.line(line.text);
  };
  for (;;) {
    const now = await api.get(`/api/v1/jobs/${segment(id)}`, job);
    if (now.waiting !== null) options.progress.update(now.waiting, 0, null);
    await tellLines();
    if (now.progress !== null) options.progress.update(now.progress.stage, now.progress.done, now.progress.total);
    if (hasEnded(now.state)) {
      await tellLines();
      options.progress.stop();
      return now;
    }
    await options.pause(options.intervalMs ?? 400);
  }
}

/** @throws {CliError} saying why the job did not succeed. */
export function refuseUnlessSucceeded(ended: Job): void {
  if (ended.state !== 'succeeded')
    throw new CliError(
      `The job ${ended.state === 'cancelled' ? 'was cancelled' : ended.state}${ended.error === null ? '' : `: ${ended.error}`}. See "assay jobs logs ${ended.id}".`,
      exitCodes.negative,
    );
}
