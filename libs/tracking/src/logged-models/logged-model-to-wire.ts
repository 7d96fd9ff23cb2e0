import type { LoggedModelMessage } from '@assay/pure/mlflow-wire';
import type { RegisteredLoggedModel } from './logged-model.js';

/** A logged model as MLflow writes it: empty lists are absent. */
export function loggedModelToWire({
  model,
  params,
  tags,
  metrics,
  registrations,
}: RegisteredLoggedModel): LoggedModelMessage {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: model.createdMs,
      last_updated_timestamp_ms: model.updatedMs,
      artifact_uri: model.artifactUri,
      status: model.status,
      ...(model.modelType === null ? {} : { model_type: model.modelType }),
      ...(model.sourceRunId === null ? {} : { source_run_id: model.sourceRunId }),
      ...(tags.length > 0 ? { tags: [...tags] } : {}),
      ...(registrations.length > 0
        ? { registrations: registrations.map(({ name, version }) => ({ name, version: String(version) })) }
        : {}),
    },
    data: {
      ...(params.length > 0 ? { params: [...params] } : {}),
      ...(metrics.length > 0 ? { metrics: [...metrics] } : {}),
    },
  };
}
