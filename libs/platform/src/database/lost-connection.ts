/** What `pg` says of a connection that is gone. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable/;
/** TypeORM takes a runner away when its connection breaks; whatever comes next on it fails with one of these. */
const releasedMeanwhile = /^QueryRunner(?:Provider)?AlreadyReleasedError$/;
/** What the operating system says of a connection that broke, and Postgres of one that it ended. */
const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', '57P01', '57P02']);

const noConnection = /timeout exceeded when trying to connect|Connection terminated due to connection timeout/;
/** Nobody listens, there is no such socket, or Postgres is still starting or has no room for one more. */
const noConnectionCodes = new Set(['ECONNREFUSED', 'ENOENT', '57P03', '53300']);

/** Whether the connection to Postgres ended under a call, so that nothing is known of what it did. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return lostConnection.test(error.message) || releasedMeanwhile.test(error.name) || brokenCodes.has(codeOf(error));
}

/** Whether no connection could be had at all: then nothing was done. */
export function couldNotConnect(error: unknown): boolean {
  return error instanceof Error && (noConnection.test(error.message) || noConnectionCodes.has(codeOf(error)));
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A process of Postgres that was at work for a call when the connection to it ended. */
export interface LostBackend {
  readonly pid: number;
  /** By the clock of `performance.now()`. */
  readonly lostAt: number;
}

const backends = new WeakMap<object, LostBackend>();

/** Notes which process of Postgres was at work for a call that failed with `error`. */
export function noteBackend(error: unknown, client: object): void {
  if (typeof error !== 'object' || error === null) return;
  if ('processID' in client && typeof client.processID === 'number')
    backends.set(error, { pid: client.processID, lostAt: performance.now() });
}

/** The process of Postgres behind a connection that was lost; null where it is not known. */
export function backendOf(error: unknown): LostBackend | null {
  return typeof error === 'object' && error !== null ? (backends.get(error) ?? null) : null;
}
