import { type ErrorCode, errorCodes } from '@assay/contracts';
import { isLostConnection, postgresCode } from '../database/index.js';
import { AppError } from './app-error.js';

/** Paths whose errors look like MLflow's. */
export function isMlflowPath(url: string): boolean {
  return /^\/+(?:ajax-)?api\/[23]\.0\/|^\/+get-artifact|^\/+model-versions\/|^\/+v1\/traces|^\/+(?:graphql|gateway)(?:[/?]|$)/i.test(
    url,
  );
}

export interface ErrorAnswer {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** The body and status of an error, in MLflow's shape or as RFC 9457 problem details. */
export function shapeError(error: AppError, url: string, requestId: string): ErrorAnswer {
  const { status, mlflow, title } = error.kind;
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Basic realm="mlflow", Bearer realm="assay"';
  if (status === 429 || status === 503) headers['retry-after'] = '1';
  if (isMlflowPath(url)) {
    return { status, contentType: 'application/json', headers, body: { error_code: mlflow, message: error.detail } };
  }
  return {
    status,
    contentType: 'application/problem+json',
    headers,
    body: {
      type: 'about:blank',
      title,
      status,
      code: error.code,
      detail: fullStop(error.detail),
      requestId,
      ...error.details,
    },
  };
}

/** What a content type that an endpoint doesn't take is told, in MLflow's words: its server answers 400. */
export function unsupportedMediaType(url: string): AppError {
  return new AppError(
    isMlflowPath(url) ? 'INVALID_PARAMETER_VALUE' : 'UNSUPPORTED_MEDIA_TYPE',
    "Bad Request. Content-Type must be one of ['application/json'].",
  );
}

/** MLflow's sentences often end without one; those that its clients know keep their wording under its own paths. */
function fullStop(sentence: string): string {
  return /[.!?]["'”’)]?$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Database errors that have a plain meaning for the caller, by SQLSTATE (Postgres documentation, appendix A). */
const byState: readonly (readonly [pattern: RegExp, code: ErrorCode, detail: string])[] = [
  [/^2201B$/, 'INVALID_PARAMETER_VALUE', 'The regular expression in the request can’t be read.'],
  [
    /^22/,
    'INVALID_PARAMETER_VALUE',
    'A value in the request is out of range or holds characters that can’t be stored.',
  ],
  [/^23505$/, 'RESOURCE_ALREADY_EXISTS', 'It exists already.'],
  [/^23503$/, 'RESOURCE_CONFLICT', 'What this refers to does not exist, or is still in use.'],
  [/^23514$/, 'INVALID_PARAMETER_VALUE', 'A value in the request breaks a rule of the database.'],
  [/^54000$|^54023$/, 'PAYLOAD_TOO_LARGE', 'A value in the request is too large to be stored.'],
  // Refusals of the governance triggers (GV…): the code asks for the same first, so something has changed between.
  [/^GV/, 'RESOURCE_CONFLICT', 'What guards this, or who may decide on it, has changed meanwhile: look at it again.'],
  [/^40001$|^40P01$|^55P03$/, 'TEMPORARILY_UNAVAILABLE', 'Others changed the same at the same time: try again.'],
  [/^53100$/, 'INSUFFICIENT_STORAGE', 'The disk of the database is full: free some space.'],
  [/^53|^57|^08/, 'TEMPORARILY_UNAVAILABLE', 'The database is not reachable: try again.'],
];

/** What the database answers a deletion under a legal hold; its words are ours, and its hint is the id of the hold. */
const legalHold = 'LH001';

/** The legal hold for which the database refused something, and what it is about; null for any other error. */
export function heldBy(error: unknown): { hold: string; kind: string; subject: string } | null {
  if (postgresCode(error) !== legalHold || !(error instanceof Error)) return null;
  const [kind = '', subject = ''] = textOf(error, 'detail').split(' ', 2);
  return { hold: textOf(error, 'hint'), kind, subject };
}

function textOf(error: Error, field: string): string {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : '';
}

/** What an unexpected error means to the caller; null if it means nothing but a fault of ours. */
export function fromDatabase(error: unknown): AppError | null {
  const held = heldBy(error);
  if (held !== null && error instanceof Error)
    return new AppError('RESOURCE_CONFLICT', error.message, { problem: 'LEGAL_HOLD', hold: held.hold });
  const state = postgresCode(error);
  if (state !== null) {
    const found = byState.find(([pattern]) => pattern.test(state));
    return found ? new AppError(found[1], found[2]) : null;
  }
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC') return new AppError('INSUFFICIENT_STORAGE', 'The disk is full: free some space.');
  if (typeof code === 'string' && /^E(?:CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)$/.test(code))
    return new AppError('TEMPORARILY_UNAVAILABLE', 'A part of the platform is not reachable: try again.');
  return isLostConnection(error)
    ? new AppError('TEMPORARILY_UNAVAILABLE', 'The database is not reachable: try again.')
    : null;
}

/** The generic code of an HTTP status that the framework itself answered with. */
export function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'ENDPOINT_NOT_FOUND';
  if (status === 413) return 'PAYLOAD_TOO_LARGE';
  if (status === 415) return 'UNSUPPORTED_MEDIA_TYPE';
  const found = Object.entries(errorCodes).find(([, kind]) => kind.status === status)?.[0];
  const known = found !== undefined && isErrorCode(found) ? found : null;
  return known ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
}

function isErrorCode(text: string): text is ErrorCode {
  return text in errorCodes;
}
