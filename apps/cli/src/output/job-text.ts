import type { Job } from '@assay/contracts';
import { type Cell, fields } from './table.js';

/** How far a job is, in a cell. */
export function progressText(row: Job): Cell {
  if (row.progress === null) return null;
  const { stage, done, total } = row.progress;
  return total === null ? stage : `${stage} ${done}/${total}`;
}

/** A job for people. */
export function jobFields(row: Job): string {
  const latest = row.attempts.at(-1);
  return fields({
    job: row.id,
    recipe: row.recipe,
    state: row.state,
    ...(row.waiting === null ? {} : { waiting: row.waiting }),
    progress: progressText(row),
    backend:
      latest?.backend === undefined || latest.backend === null
        ? null
        : `${latest.backend.name} ${latest.backend.version} (${latest.backend.kind}): ${latest.backend.reason}`,
    attempts: row.epoch,
    run: row.runId,
    ...Object.fromEntries(
      row.dataRead.map((read) => [
        `read ${read.kind}`,
        `${read.name}:${read.version} sha256:${read.sha256.slice(0, 12)}…`,
      ]),
    ),
    ...row.result,
    ...(row.error === null ? {} : { error: row.error }),
  });
}
