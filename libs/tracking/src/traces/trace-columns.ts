import type { AssessmentError, AssessmentKind, AssessmentSourceType, TraceState } from '@assay/pure/mlflow-wire';
import type { Assessment, TextMap, TraceInfo } from './trace.js';

/** Everything about a trace `t` but its spans, what is said about it as JSON made by the database. */
export const traceColumns = `t.trace_id, t.experiment_id, t.request_time_ms, t.duration_ms, t.state, t.client_request_id, t.request_preview, t.response_preview,
  t.artifact_uri, t.has_spans, t.span_bytes, t.tags, t.metadata,
  (select json_agg(a order by a.created_ms, a.assessment_id) from tracking.assessment a where a.trace_id = t.trace_id) as assessments`;

export interface TraceRow {
  trace_id: string;
  experiment_id: string;
  request_time_ms: string;
  duration_ms: string | null;
  state: TraceState;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  artifact_uri: string;
  has_spans: boolean;
  span_bytes: string;
  tags: TextMap;
  metadata: TextMap;
  assessments: AssessmentRow[] | null;
}

export interface AssessmentRow {
  assessment_id: string;
  trace_id: string;
  name: string;
  kind: AssessmentKind;
  value: string;
  error: AssessmentError | null;
  created_ms: string | number;
  updated_ms: string | number;
  source_type: AssessmentSourceType;
  source_id: string | null;
  run_id: string | null;
  span_id: string | null;
  rationale: string | null;
  overrides: string | null;
  valid: boolean;
  metadata: TextMap;
}

export function toTraceInfo(row: TraceRow): TraceInfo {
  return {
    id: row.trace_id,
    experimentId: row.experiment_id,
    requestTimeMs: Number(row.request_time_ms),
    durationMs: row.duration_ms === null ? null : Number(row.duration_ms),
    state: row.state,
    clientRequestId: row.client_request_id,
    requestPreview: row.request_preview,
    responsePreview: row.response_preview,
    artifactUri: row.artifact_uri,
    hasSpans: row.has_spans,
    spanBytes: Number(row.span_bytes),
    tags: row.tags,
    metadata: row.metadata,
    assessments: (row.assessments ?? []).map(toAssessment),
  };
}

export function toAssessment(row: AssessmentRow): Assessment {
  return {
    id: row.assessment_id,
    traceId: row.trace_id,
    name: row.name,
    kind: row.kind,
    value: row.value,
    error: row.error,
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
    sourceType: row.source_type,
    sourceId: row.source_id,
    runId: row.run_id,
    spanId: row.span_id,
    rationale: row.rationale,
    overrides: row.overrides,
    valid: row.valid,
    metadata: row.metadata,
  };
}
