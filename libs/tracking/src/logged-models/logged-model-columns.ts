import type { LoggedModelStatus } from '@assay/pure/mlflow-wire';
import type { KeyValue } from '../experiments/experiment.js';
import type { LoggedModelDetail, LoggedModelMetric } from './logged-model.js';

/** Everything about a logged model `l`, its lists as JSON made by the database. */
export const loggedModelColumns = `l.model_id, l.experiment_id, l.name, l.model_type, l.status, l.source_run_id, l.created_by, l.artifact_uri, l.created_ms, l.updated_ms,
  (select json_agg(json_build_object('key', p.key, 'value', p.value) order by p.key) from tracking.logged_model_param p where p.model_id = l.model_id) as params,
  (select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key) from tracking.logged_model_tag t where t.model_id = l.model_id) as tags,
  (select json_agg(json_strip_nulls(json_build_object('key', k.name, 'value', m.value, 'timestamp', m.timestamp_ms, 'step', m.step, 'run_id', mr.run_id,
       'model_id', m.model_id, 'dataset_name', nullif(m.dataset_name, ''), 'dataset_digest', nullif(m.dataset_digest, ''))) order by k.name, m.timestamp_ms, m.step)
     from tracking.logged_model_metric m join tracking.metric_key k on k.id = m.key_id join tracking.run mr on mr.number = m.run_number
     where m.model_id = l.model_id) as metrics`;

export interface LoggedModelRow {
  model_id: string;
  experiment_id: string;
  name: string;
  model_type: string | null;
  status: LoggedModelStatus;
  source_run_id: string | null;
  created_by: string;
  artifact_uri: string;
  created_ms: string;
  updated_ms: string;
  params: KeyValue[] | null;
  tags: KeyValue[] | null;
  metrics: LoggedModelMetric[] | null;
}

export function toLoggedModelDetail(row: LoggedModelRow): LoggedModelDetail {
  return {
    model: {
      id: row.model_id,
      experimentId: row.experiment_id,
      name: row.name,
      modelType: row.model_type,
      status: row.status,
      sourceRunId: row.source_run_id,
      createdBy: row.created_by,
      artifactUri: row.artifact_uri,
      createdMs: Number(row.created_ms),
      updatedMs: Number(row.updated_ms),
    },
    params: row.params ?? [],
    tags: row.tags ?? [],
    metrics: row.metrics ?? [],
  };
}
