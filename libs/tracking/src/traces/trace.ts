import { AppError } from '@assay/platform/http';
import {
  appendToUri,
  type AssessmentError,
  type AssessmentKind,
  type AssessmentSourceType,
  type TraceState,
} from '@assay/pure/mlflow-wire';

/** Names that MLflow's server and clients give tags and metadata of traces. */
export const traceKeys = {
  artifactLocation: 'mlflow.artifactLocation',
  spansLocation: 'mlflow.trace.spansLocation',
  name: 'mlflow.traceName',
  linkedPrompts: 'mlflow.linkedPrompts',
  sourceRun: 'mlflow.sourceRun',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokenUsage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sizeStats: 'mlflow.trace.sizeStats',
  finalized: 'mlflow.trace.infoFinalized',
} as const;

/** What the tag `spansLocation` says of spans that lie in the database. */
export const spansInDatabase = 'TRACKING_STORE';

/** Tags that only the server sets: they say where the trace lies. */
export const serverTags: readonly string[] = [traceKeys.artifactLocation, traceKeys.spansLocation];

export type TextMap = Readonly<Record<string, string>>;

/** What somebody or something says about a trace. */
export interface Assessment {
  readonly id: string;
  readonly traceId: string;
  readonly name: string;
  readonly kind: AssessmentKind;
  /** JSON text. */
  readonly value: string;
  readonly error: AssessmentError | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly sourceType: AssessmentSourceType;
  readonly sourceId: string | null;
  readonly runId: string | null;
  readonly spanId: string | null;
  readonly rationale: string | null;
  /** Id of the assessment that this one replaces. */
  readonly overrides: string | null;
  readonly valid: boolean;
  readonly metadata: TextMap;
}

/** A trace without its spans. */
export interface TraceInfo {
  readonly id: string;
  readonly experimentId: string;
  readonly requestTimeMs: number;
  readonly durationMs: number | null;
  readonly state: TraceState;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly artifactUri: string;
  readonly hasSpans: boolean;
  /** Of all spans in the database. */
  readonly spanBytes: number;
  readonly tags: TextMap;
  readonly metadata: TextMap;
  readonly assessments: readonly Assessment[];
}

export function traceNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Trace with ID '${id}' not found.`);
}

/** A trace id that another workspace has taken. */
export function traceElsewhere(): AppError {
  return new AppError('RESOURCE_CONFLICT', 'A trace of this id exists already in another workspace: make a new id.');
}

/** Where the files of a trace lie, below its experiment's. */
export function artifactUriOf(experimentLocation: string, traceId: string): string {
  return appendToUri(experimentLocation, 'traces', traceId, 'artifacts');
}
