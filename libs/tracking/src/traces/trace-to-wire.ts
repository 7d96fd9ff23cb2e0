import {
  type AssessmentMessage,
  cutText,
  limits,
  type TraceInfoMessage,
  writeWireDuration,
  writeWireTime,
} from '@assay/pure/mlflow-wire';
import type { Assessment, TextMap, TraceInfo } from './trace.js';

/** A trace without its spans as MLflow writes it: empty maps and lists are absent. */
export function traceInfoToWire(trace: TraceInfo): TraceInfoMessage {
  return {
    trace_id: trace.id,
    ...(trace.clientRequestId === null ? {} : { client_request_id: trace.clientRequestId }),
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: trace.experimentId } },
    ...(trace.requestPreview === null ? {} : { request_preview: trace.requestPreview }),
    ...(trace.responsePreview === null ? {} : { response_preview: trace.responsePreview }),
    request_time: writeWireTime(trace.requestTimeMs),
    ...(trace.durationMs === null ? {} : { execution_duration: writeWireDuration(trace.durationMs) }),
    state: trace.state,
    ...(isEmpty(trace.metadata) ? {} : { trace_metadata: { ...trace.metadata } }),
    ...(trace.assessments.length > 0 ? { assessments: trace.assessments.map(assessmentToWire) } : {}),
    ...(isEmpty(trace.tags) ? {} : { tags: shownTags(trace.tags) }),
  };
}

/** An assessment as MLflow writes it. */
export function assessmentToWire(assessment: Assessment): AssessmentMessage {
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: assessment.traceId,
    ...(assessment.spanId === null ? {} : { span_id: assessment.spanId }),
    source: {
      source_type: assessment.sourceType,
      ...(assessment.sourceId === null ? {} : { source_id: assessment.sourceId }),
    },
    create_time: writeWireTime(assessment.createdMs),
    last_update_time: writeWireTime(assessment.updatedMs),
    ...said(assessment),
    ...(assessment.rationale === null ? {} : { rationale: assessment.rationale }),
    ...(isEmpty(assessment.metadata) ? {} : { metadata: { ...assessment.metadata } }),
    ...(assessment.overrides === null ? {} : { overrides: assessment.overrides }),
    valid: assessment.valid,
  };
}

/** Lists and maps that are expected travel as JSON text, because the field for values takes scalars only. */
function said({ kind, value, error }: Assessment): Pick<AssessmentMessage, 'feedback' | 'expectation' | 'issue'> {
  const parsed: unknown = JSON.parse(value);
  if (kind === 'feedback') return { feedback: { value: parsed, ...(error === null ? {} : { error }) } };
  if (kind === 'issue') return { issue: typeof parsed === 'string' ? { issue_name: parsed } : {} };
  if (typeof parsed === 'object')
    return { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value } } };
  return { expectation: { value: parsed } };
}

function shownTags(tags: TextMap): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [key, cutText(value, limits.shownTraceTagValue)]),
  );
}

function isEmpty(map: TextMap): boolean {
  return Object.keys(map).length === 0;
}
