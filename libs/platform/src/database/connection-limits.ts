import type { Socket } from 'node:net';

/** How long this side and Postgres wait for each other. */
export interface ConnectionLimits {
  /** For a connection: to be made, or to become free. */
  readonly connectMs: number;
  /** Postgres ends a statement that takes longer, and says so. */
  readonly statementMs: number;
  /** Postgres ends a session whose transaction waits that long for its next statement. */
  readonly idleInTransactionMs: number;
  /** This side ends a connection that is asked something and says nothing for so long: more than `statementMs`, or a slow statement would be one. */
  readonly silentMs: number;
}

const usual: ConnectionLimits = {
  connectMs: 10_000,
  statementMs: 30_000,
  idleInTransactionMs: 60_000,
  silentMs: 40_000,
};

/** What this module needs of a client of `pg`. */
interface PooledClient {
  readonly readyForQuery: boolean;
  readonly connection: { readonly stream: Socket };
  on(event: 'error', listener: () => void): unknown;
}

/** Options of `pg` for every pool of the platform: no call waits for a database that is gone, whether it says so or not. */
export function poolOptions(limits: Partial<ConnectionLimits> = {}) {
  const { connectMs, statementMs, idleInTransactionMs, silentMs } = { ...usual, ...limits };
  return {
    connectionTimeoutMillis: connectMs,
    keepAlive: true, // between calls, a peer that is gone without a word is noticed
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    onConnect: (client: PooledClient): void => {
      listenForErrors(client);
      endWhenSilent(client, silentMs);
    },
  };
}

/**
 * For a moment after it is made a connection belongs to neither the pool nor TypeORM, and nobody listens to it: the goodbye of a database that
 * restarts just then would end the process. A broken connection is noticed at its next query, and taken out of the pool.
 */
function listenForErrors(client: PooledClient): void {
  client.on('error', () => undefined);
}

/**
 * A peer that stays connected and answers nothing (a stopped process, a full disk, a middlebox that lost its table) is told apart from a slow
 * statement by its silence: Postgres itself ends the statement first. The timer is the socket's, so a call costs nothing. It is not `pg`'s own
 * `query_timeout`, which fails the call and leaves the connection with its unanswered statement in the pool.
 */
function endWhenSilent(client: PooledClient, silentMs: number): void {
  const { stream } = client.connection;
  stream.on('timeout', () => {
    if (client.readyForQuery) stream.setTimeout(silentMs); // one that has fired is not begun again by what is sent next
    else
      stream.destroy(Object.assign(new Error(`Postgres said nothing for ${silentMs / 1000} s`), { code: 'ETIMEDOUT' }));
  });
  stream.setTimeout(silentMs);
}
