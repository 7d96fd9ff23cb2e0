/** What `pg` says of a connection that is gone or could not be had. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable/;
/** TypeORM takes a runner away when its connection breaks; whatever comes next on it fails with one of these. */
const releasedMeanwhile = /^QueryRunner(?:Provider)?AlreadyReleasedError$/;

/** Whether the connection to Postgres ended under a call, so that nothing is known of what it did. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && (lostConnection.test(error.message) || releasedMeanwhile.test(error.name));
}
