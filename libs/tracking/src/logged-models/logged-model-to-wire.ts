import type { LoggedModelMessage } from '@assay/pure/mlflow-wire';
import type { KeyValue } from '../experiments/experiment.js';
import { type RegisteredLoggedModel, type Registration, versionsTag } from './logged-model.js';

/** A logged model as MLflow writes it: empty lists are absent. */
export function loggedModelToWire({
  model,
  params,
  tags,
  metrics,
  registrations,
}: RegisteredLoggedModel): LoggedModelMessage {
  const shownTags = withRegistrations(tags, registrations);
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
      ...(shownTags.length > 0 ? { tags: shownTags } : {}),
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

/**
 * MLflow keeps the registrations in a tag as well, and its clients both read and write it: here it is made of the registrations themselves, so
 * that it never lags behind them.
 */
function withRegistrations(tags: readonly KeyValue[], registrations: readonly Registration[]): KeyValue[] {
  if (registrations.length === 0) return [...tags];
  const list = registrations.map(({ name, version }) => `{"name": ${asciiJson(name)}, "version": ${version}}`);
  return [...tags.filter(({ key }) => key !== versionsTag), { key: versionsTag, value: `[${list.join(', ')}]` }];
}

/** A text as Python's `json` writes it: what is not ASCII is escaped. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
