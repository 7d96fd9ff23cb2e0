import { randomUUID } from 'node:crypto';
import { AppError } from '@assay/platform/http';
import type { AssessmentInput, UpdateAssessmentRequest } from '@assay/pure/mlflow-wire';
import type { Assessment } from './trace.js';

/** Metadata that names the run which an assessment came from. */
const sourceRunKey = 'mlflow.assessment.sourceRunId';

type Said = Pick<AssessmentInput, 'feedback' | 'expectation' | 'issue'>;

/** An assessment as a client sent it, with the id and times that it left out. */
export function newAssessment(traceId: string, input: AssessmentInput, nowMs: number): Assessment {
  const { kind, value } = valueOf(input);
  return {
    id: input.assessment_id ?? `a-${randomUUID().replaceAll('-', '')}`,
    traceId,
    name: input.assessment_name,
    kind,
    value,
    error: input.feedback?.error ?? null,
    createdMs: input.create_time ?? nowMs,
    updatedMs: input.last_update_time ?? nowMs,
    sourceType: input.source?.source_type ?? 'SOURCE_TYPE_UNSPECIFIED',
    sourceId: input.source?.source_id ?? null,
    runId: input.metadata[sourceRunKey] ?? null,
    spanId: input.span_id ?? null,
    rationale: input.rationale ?? null,
    overrides: input.overrides === '' ? null : (input.overrides ?? null),
    valid: true,
    metadata: input.metadata,
  };
}

/** An assessment with the fields changed that an update names; source, span and kind stay. */
export function updatedAssessment(
  before: Assessment,
  { assessment: given, update_mask: mask }: UpdateAssessmentRequest,
  nowMs: number,
): Assessment {
  const names = (field: (typeof mask)[number]): boolean => mask.includes(field);
  if (names('expectation') && names('feedback'))
    throw new AppError('INVALID_PARAMETER_VALUE', 'Cannot specify both `expectation` and `feedback` parameters.');
  if (names('expectation') && before.kind !== 'expectation')
    throw new AppError('INVALID_PARAMETER_VALUE', 'Cannot update expectation value on a Feedback assessment.');
  if (names('feedback') && before.kind !== 'feedback')
    throw new AppError('INVALID_PARAMETER_VALUE', 'Cannot update feedback value on an Expectation assessment.');
  const newValue = names('expectation') || names('feedback');
  const named = given.assessment_name ?? '';
  return {
    ...before,
    updatedMs: nowMs,
    ...(names('assessment_name') && named !== '' ? { name: named } : {}),
    ...(newValue ? { value: valueOf(given, before.kind).value } : {}),
    ...(names('feedback') ? { error: given.feedback?.error ?? null } : {}),
    ...(names('rationale') ? { rationale: given.rationale ?? null } : {}),
    ...(names('metadata') ? { metadata: { ...before.metadata, ...given.metadata } } : {}),
    ...(names('valid') && given.valid !== undefined ? { valid: given.valid } : {}),
  };
}

/** The number that an assessment's value is, for filters that compare numbers. */
export function numberOf(value: string): number | null {
  const parsed: unknown = JSON.parse(value);
  return typeof parsed === 'number' ? parsed : null;
}

/** What is said, as JSON text. An expectation must say something; a judgement may be missing for an error. */
function valueOf(
  { feedback, expectation, issue }: Said,
  kind?: Assessment['kind'],
): Pick<Assessment, 'kind' | 'value'> {
  if (issue !== undefined) return { kind: 'issue', value: JSON.stringify(issue.issue_name ?? null) };
  if (feedback !== undefined || kind === 'feedback')
    return { kind: 'feedback', value: JSON.stringify(feedback?.value ?? null) };
  const serialized = expectation?.serialized_value?.value ?? JSON.stringify(expectation?.value ?? null);
  if (serialized.trim() === 'null')
    throw new AppError('INVALID_PARAMETER_VALUE', 'The `value` field must be specified.');
  return { kind: 'expectation', value: serialized };
}
