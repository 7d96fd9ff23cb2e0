import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** The run that a job made, and what is that run's. */
@Injectable()
export class JobRunStore {
  async runOf(tx: Tx, jobId: string): Promise<string | null> {
    const [row]: { run_id: string }[] = await tx.query('select run_id from tracking.run where job_id = $1', [jobId]);
    return row?.run_id ?? null;
  }

  /** Whether a caller made this run under this `Idempotency-Key`. */
  async wasMadeUnder(tx: Tx, actorId: string, key: string, runId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select from tracking.creation_key where actor_id = $1 and key = $2 and created_id = $3',
      [actorId, key, runId],
    );
    return rows.length > 0;
  }

  /** Whether some logged model, known or not, is no product of the run. */
  async hasForeignModel(tx: Tx, runId: string, modelIds: readonly string[]): Promise<boolean> {
    const wanted = [...new Set(modelIds)];
    if (wanted.length === 0) return false;
    const rows: unknown[] = await tx.query(
      'select from tracking.logged_model where model_id = any($1) and source_run_id = $2',
      [wanted, runId],
    );
    return rows.length < wanted.length;
  }

  /** Whether all of some traces belong to the run; unknown ones do where they are about to be made for it. */
  async ownsTraces(tx: Tx, runId: string, traceIds: readonly string[], mayBeNew: boolean): Promise<boolean> {
    const wanted = [...new Set(traceIds)];
    const rows: { own: boolean }[] = await tx.query(
      `select coalesce(t.metadata ->> 'mlflow.sourceRun' = $2, false)
           or exists (select from tracking.trace_link l where l.trace_id = t.trace_id and l.kind = 'run' and l.target = $2) as own
         from tracking.trace t where t.trace_id = any($1)`,
      [wanted, runId],
    );
    return rows.every(({ own }) => own) && (mayBeNew || rows.length === wanted.length);
  }
}
