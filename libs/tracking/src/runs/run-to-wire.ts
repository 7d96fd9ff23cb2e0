import type { RunDetailMessage, RunInfoMessage } from '@assay/pure/mlflow-wire';
import type { Run, RunDetail } from './run.js';

/** A run's own fields as MLflow writes them. */
export function runInfoToWire(run: Run): RunInfoMessage {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.userId,
    status: run.status,
    start_time: run.startTimeMs,
    ...(run.endTimeMs === null ? {} : { end_time: run.endTimeMs }),
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycleStage,
  };
}

/** A run with all that was logged to it, as MLflow writes it: empty lists are absent. */
export function runToWire(detail: RunDetail): RunDetailMessage {
  return {
    info: runInfoToWire(detail.run),
    data: {
      ...(detail.metrics.length > 0 ? { metrics: [...detail.metrics] } : {}),
      ...(detail.params.length > 0 ? { params: [...detail.params] } : {}),
      ...(detail.tags.length > 0 ? { tags: [...detail.tags] } : {}),
    },
    inputs: {
      ...(detail.datasets.length > 0
        ? {
            dataset_inputs: detail.datasets.map(({ tags, dataset }) => ({
              ...(tags.length > 0 ? { tags: [...tags] } : {}),
              dataset,
            })),
          }
        : {}),
      ...(detail.modelInputs.length > 0 ? { model_inputs: [...detail.modelInputs] } : {}),
    },
    outputs: detail.modelOutputs.length > 0 ? { model_outputs: [...detail.modelOutputs] } : {},
  };
}
