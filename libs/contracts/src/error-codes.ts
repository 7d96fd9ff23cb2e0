/**
 * Every error that the platform answers, in one table: the stable code, the HTTP status of `/api/v1`, and the name that an
 * MLflow client sees for it (`error_code`). Statuses follow MLflow's own table where the two meet.
 */
export interface ErrorKind {
  readonly status: number;
  /** MLflow's `error_code`; see the MLflow REST API documentation. */
  readonly mlflow: string;
  readonly title: string;
}

export const errorCodes = {
  BAD_REQUEST: { status: 400, mlflow: 'BAD_REQUEST', title: 'The request could not be read' },
  INVALID_PARAMETER_VALUE: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    title: 'A value in the request is not acceptable',
  },
  RESOURCE_ALREADY_EXISTS: { status: 400, mlflow: 'RESOURCE_ALREADY_EXISTS', title: 'It exists already' },
  UNAUTHENTICATED: { status: 401, mlflow: 'UNAUTHENTICATED', title: 'A credential is needed' },
  PERMISSION_DENIED: { status: 403, mlflow: 'PERMISSION_DENIED', title: 'Not allowed' },
  RESOURCE_DOES_NOT_EXIST: { status: 404, mlflow: 'RESOURCE_DOES_NOT_EXIST', title: 'Not found' },
  ENDPOINT_NOT_FOUND: { status: 404, mlflow: 'ENDPOINT_NOT_FOUND', title: 'No such endpoint' },
  METHOD_NOT_ALLOWED: { status: 405, mlflow: 'BAD_REQUEST', title: 'Method not allowed' },
  RESOURCE_CONFLICT: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    title: 'It has changed meanwhile, or its state forbids this',
  },
  PAYLOAD_TOO_LARGE: { status: 413, mlflow: 'INVALID_PARAMETER_VALUE', title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, mlflow: 'BAD_REQUEST', title: 'The content type is not accepted here' },
  RANGE_NOT_SATISFIABLE: { status: 416, mlflow: 'INVALID_PARAMETER_VALUE', title: 'The range lies outside the file' },
  REQUEST_LIMIT_EXCEEDED: { status: 429, mlflow: 'REQUEST_LIMIT_EXCEEDED', title: 'Too many requests' },
  INTERNAL_ERROR: { status: 500, mlflow: 'INTERNAL_ERROR', title: 'The server failed' },
  NOT_IMPLEMENTED: { status: 501, mlflow: 'NOT_IMPLEMENTED', title: 'Not implemented' },
  TEMPORARILY_UNAVAILABLE: { status: 503, mlflow: 'TEMPORARILY_UNAVAILABLE', title: 'Not ready, try again' },
  INSUFFICIENT_STORAGE: { status: 507, mlflow: 'RESOURCE_EXHAUSTED', title: 'The disk is full' },
} as const satisfies Record<string, ErrorKind>;

/** The generic codes above; features name theirs `AREA_NOUN_PROBLEM` and say which generic kind they are (`AppError`). */
export type ErrorCode = keyof typeof errorCodes;
