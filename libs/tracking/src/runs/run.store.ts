import type { Tx } from '@assay/platform/database';
import type { RunStatus } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { LifecycleStage } from '../experiments/experiment.js';
import type { Run, RunDetail } from './run.js';
import { runColumns, runDetailColumns, type RunDetailRow, type RunRow, toRun, toRunDetail } from './run-columns.js';

const from =
  'from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id where r.workspace = $1 and r.run_id = $2';

@Injectable()
export class RunStore {
  async byId(tx: Tx, workspace: string, id: string): Promise<Run | null> {
    const [row]: RunRow[] = await tx.query(`select ${runColumns} ${from}`, [workspace, id]);
    return row === undefined ? null : toRun(row);
  }

  /** As `byId`, holding the row until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<Run | null> {
    const [row]: RunRow[] = await tx.query(`select ${runColumns} ${from} for update of r`, [workspace, id]);
    return row === undefined ? null : toRun(row);
  }

  async detail(tx: Tx, workspace: string, id: string): Promise<RunDetail | null> {
    const [row]: RunDetailRow[] = await tx.query(`select ${runDetailColumns} ${from}`, [workspace, id]);
    return row === undefined ? null : toRunDetail(row);
  }

  /** The name is no governed column: this statement must not mention those that are. */
  async rename(tx: Tx, id: string, name: string): Promise<void> {
    await tx.query('update tracking.run set name = $2 where run_id = $1', [id, name]);
  }

  async update(
    tx: Tx,
    id: string,
    change: { status?: RunStatus; endTimeMs?: number | null; lifecycleStage?: LifecycleStage },
  ): Promise<void> {
    await tx.query(
      `update tracking.run set status = coalesce($2, status), end_time_ms = case when $5 then $3 else end_time_ms end, lifecycle_stage = coalesce($4, lifecycle_stage)
         where run_id = $1`,
      [
        id,
        change.status ?? null,
        change.endTimeMs ?? null,
        change.lifecycleStage ?? null,
        change.endTimeMs !== undefined,
      ],
    );
  }

  /** Makes every run of an experiment active again, and answers those that were not. */
  async restoreAll(tx: Tx, experimentId: string): Promise<string[]> {
    const deleted: { run_id: string }[] = await tx.query(
      `select run_id from tracking.run where experiment_id = $1 and lifecycle_stage = 'deleted' order by number for update`,
      [experimentId],
    );
    const ids = deleted.map((row) => row.run_id);
    if (ids.length > 0)
      await tx.query(`update tracking.run set lifecycle_stage = 'active' where run_id = any($1)`, [ids]);
    return ids;
  }
}
