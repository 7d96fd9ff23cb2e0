import type { RunStatus } from '@assay/pure/mlflow-wire';
import type { KeyValue, LifecycleStage } from '../experiments/experiment.js';
import type { DatasetUse, MetricPoint, MetricValue, Run, RunDetail } from './run.js';

/** Columns of a run `r` in its experiment `e`. A deleted experiment hides its runs. */
export const runColumns = `r.run_id, r.number, r.experiment_id, r.name, r.user_id, r.created_by, r.status, r.start_time_ms, r.end_time_ms, r.artifact_uri,
  case when e.lifecycle_stage = 'deleted' then 'deleted' else r.lifecycle_stage end as lifecycle_stage`;

/** A number that changes with everything that the run `r` shows; negative while its experiment `e` is deleted, which shows in its runs. */
export const runRevision = `case when e.lifecycle_stage = 'deleted' then -r.revision else r.revision end`;

/**
 * Everything that was logged to a run `r`, as JSON made by the database: one round trip for a whole page of runs. Names and values come apart
 * (`json_object_agg`, lists side by side), which costs the database and the parser half of what an object for each would.
 */
export const runDetailColumns = `${runColumns},
  (select json_build_array(json_agg(k.name), json_agg(m.value), json_agg(m.timestamp_ms), json_agg(m.step))
     from tracking.latest_values(r.experiment_id, r.number) m join tracking.metric_key k on k.id = m.key_id) as metrics,
  (select json_object_agg(p.key, p.value) from tracking.param p where p.run_number = r.number) as params,
  (select json_object_agg(t.key, t.value) from tracking.run_tag t where t.run_number = r.number) as tags,
  (select json_agg(json_build_object('tags', d.tags, 'dataset', json_strip_nulls(json_build_object('name', s.name, 'digest', s.digest,
       'source_type', s.source_type, 'source', s.source, 'schema', s.schema, 'profile', s.profile))) order by s.name, s.digest)
     from tracking.run_dataset d join tracking.dataset s on s.id = d.dataset_id where d.run_number = r.number) as datasets,
  (select json_agg(json_build_object('model_id', i.model_id) order by i.model_id)
     from tracking.run_model i where i.run_number = r.number and i.direction = 'input') as model_inputs,
  (select json_agg(json_build_object('model_id', o.model_id, 'step', o.step) order by o.step, o.model_id)
     from tracking.run_model o where o.run_number = r.number and o.direction = 'output') as model_outputs`;

export interface RunRow {
  run_id: string;
  number: string;
  experiment_id: string;
  name: string;
  user_id: string;
  created_by: string;
  status: RunStatus;
  start_time_ms: string;
  end_time_ms: string | null;
  artifact_uri: string;
  lifecycle_stage: LifecycleStage;
}

export interface RunDetailRow extends RunRow {
  /** Names, values, times and steps, side by side; each null without metrics. */
  metrics: [string[], MetricValue[], number[], number[]] | [null, null, null, null];
  params: Record<string, string> | null;
  tags: Record<string, string> | null;
  datasets: DatasetUse[] | null;
  model_inputs: { model_id: string }[] | null;
  model_outputs: { model_id: string; step: number }[] | null;
}

export function toRun(row: RunRow): Run {
  return {
    id: row.run_id,
    number: row.number,
    experimentId: row.experiment_id,
    name: row.name,
    userId: row.user_id,
    createdBy: row.created_by,
    status: row.status,
    startTimeMs: Number(row.start_time_ms),
    endTimeMs: row.end_time_ms === null ? null : Number(row.end_time_ms),
    artifactUri: row.artifact_uri,
    lifecycleStage: row.lifecycle_stage,
  };
}

export function toRunDetail(row: RunDetailRow): RunDetail {
  return {
    run: toRun(row),
    metrics: metricsOf(row.metrics),
    params: pairsOf(row.params),
    tags: pairsOf(row.tags),
    datasets: row.datasets ?? [],
    modelInputs: row.model_inputs ?? [],
    modelOutputs: row.model_outputs ?? [],
  };
}

function metricsOf([keys, values, timestamps, steps]: RunDetailRow['metrics']): MetricPoint[] {
  if (keys === null) return [];
  const points = keys.map((key, place) => ({
    key,
    value: values[place] ?? 0,
    timestamp: timestamps[place] ?? 0,
    step: steps[place] ?? 0,
  }));
  return points.sort(byKey);
}

function pairsOf(record: Record<string, string> | null): KeyValue[] {
  if (record === null) return [];
  return Object.entries(record)
    .map(([key, value]) => ({ key, value }))
    .sort(byKey);
}

function byKey(one: { readonly key: string }, other: { readonly key: string }): number {
  if (one.key === other.key) return 0;
  return one.key < other.key ? -1 : 1;
}
