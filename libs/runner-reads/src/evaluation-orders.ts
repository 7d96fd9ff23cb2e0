import { type EvaluateRecipe, evaluateRecipe } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';

/** What a job of the recipe `evaluate` was asked to measure, by its spec; null where there is no such job. */
export async function readEvaluationOrder(
  tx: Tx,
  workspace: string,
  jobId: string,
): Promise<EvaluateRecipe['inputs'] | null> {
  const rows: { inputs: unknown }[] = await tx.query(
    'select inputs from runner.evaluation_order where workspace = $1 and job_id = $2',
    [workspace, jobId],
  );
  return rows[0] === undefined ? null : evaluateRecipe.shape.inputs.parse(rows[0].inputs);
}
