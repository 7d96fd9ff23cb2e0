import pg from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { noteBackend } from './lost-connection.js';
import { declareScope } from './workspace-scope.js';

/** SQL that every connection parses and plans once, under a name of its own. Two statements of one name must not differ. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Of a name that `PreparedTexts` gave. */
  readonly generation?: number;
}

/** Where a prepared statement runs: by itself (`Database`), or inside an open transaction (`inTransaction`). */
export interface Session {
  run<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
}

/** What this module needs of `pg`: a client and a pool both have it. */
interface Queryable {
  query(query: string | PreparedQuery): Promise<unknown>;
  query<Row>(query: string | PreparedQuery, done: (error: Error | null, result: { rows: Row[] }) => void): void;
}

interface PreparedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

interface Pool {
  connect(): Promise<pg.PoolClient>;
  on(event: 'acquire' | 'error', listener: (client: Queryable) => void): unknown;
}

/**
 * One statement on a connection of the pool, which is told first whose rows it may see. A connection on which anything failed is not used again:
 * what is known of it may be wrong.
 */
async function runOn<Row extends object>(
  pool: Pool,
  statement: Statement,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = await pool.connect();
  client.on('error', ignored); // a connection that breaks says so here as well as to the query under way
  try {
    await declareScope(client);
    const rows = await rowsOf<Row>(client, statement, values);
    client.release();
    return rows;
  } catch (error) {
    noteBackend(error, client);
    client.release(true);
    throw error;
  } finally {
    client.off('error', ignored);
  }
}

function ignored(): void {}

/**
 * Prepared statements on a pool, each in a transaction of its own that Postgres opens and closes: one round trip.
 * @param onLost told when a connection that nobody used was lost.
 */
export function onPool(source: DataSource, onLost: () => void): Session {
  let known: Pool | null = null;
  const pool = (): Pool => {
    if (known !== null) return known;
    const found: unknown = 'master' in source.driver ? source.driver.master : null;
    if (!isPool(found)) throw new Error('the database has no connection pool: it is not open');
    found.on('acquire', planAnew());
    found.on('error', onLost);
    known = found;
    return found;
  };
  return { run: async (statement, values) => runOn(pool(), statement, values) };
}

/**
 * What the planner of a walking session must not do while it can do without: sort what an index has in order, read a whole table, or gather row
 * addresses first. None of it can be known to be cheap before Postgres has analysed a table, and each is wrong where the statement's `limit` ends
 * the walk early. One plan serves all values of a statement, so it is made once.
 */
const alongIndexes = [
  'enable_sort',
  'enable_seqscan',
  'enable_bitmapscan',
  'enable_hashjoin',
  'enable_mergejoin',
  'jit',
].map((setting) => `set ${setting} = off`);
const walkingSession = [...alongIndexes, 'set plan_cache_mode = force_generic_plan'].join('; ');

/** Prepared statements on connections of their own, whose planner reads along indexes whatever it believes of the tables. */
export interface WalkingPool extends Session {
  end(): Promise<void>;
}

/** As `onPool`, on walking sessions; they are opened when they are first needed. */
export function onWalkingPool(source: DataSource, onLost: () => void): WalkingPool {
  let known: pg.Pool | null = null;
  const pool = (): pg.Pool => {
    if (known !== null) return known;
    const { options } = source;
    if (options.type !== 'postgres') throw new Error('only Postgres has walking sessions');
    const { url, ssl, poolSize, applicationName, extra } = options;
    const given = {
      connectionString: url,
      ssl,
      max: poolSize,
      application_name: `${applicationName ?? 'assay'}-walks`,
      allowExitOnIdle: true,
      ...extra,
      onConnect: async (client: pg.PoolClient): Promise<void> => {
        extra?.onConnect?.(client);
        await client.query(walkingSession);
      },
    };
    known = new pg.Pool(given);
    known.on('acquire', planAnew());
    known.on('error', onLost);
    return known;
  };
  return {
    run: async (statement, values) => runOn(pool(), statement, values),
    end: async () => known?.end(),
  };
}

/** How often a connection was used when it drops its plans. */
const planAnewAfter: ReadonlySet<number> = new Set([16, 64, 256, 1024, 4096, 16_384, 65_536]);

/**
 * A connection keeps the plan of a statement until Postgres has new statistics of its tables, about a minute later. One that was made while a
 * table was nearly empty reads the whole table each time, however long it has grown since: so connections drop their plans now and then.
 */
function planAnew(): (client: Queryable) => void {
  const uses = new WeakMap<Queryable, number>();
  return (client) => {
    const count = (uses.get(client) ?? 0) + 1;
    uses.set(client, count);
    // Ahead of what the connection was taken for; whatever fails here fails there as well, where somebody waits for it.
    if (planAnewAfter.has(count)) client.query('discard plans').catch(() => undefined);
  };
}

/** The connection of a query runner, as `pg` knows it. */
export async function connectionOf(runner: QueryRunner): Promise<Queryable> {
  const client: unknown = await runner.connect();
  if (!isQueryable(client)) throw new Error('the query runner has no connection to Postgres');
  return client;
}

/** Prepared statements inside an open transaction. */
export function inTransaction(tx: EntityManager): Session {
  return {
    run: async <Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> => {
      if (tx.queryRunner === undefined) throw new Error('a prepared statement needs an open transaction');
      return rowsOf<Row>(await connectionOf(tx.queryRunner), statement, values);
    },
  };
}

/** @param client the caller's alone. */
async function rowsOf<Row extends object>(
  client: Queryable,
  { name, text, generation }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  if (generation !== undefined) await meetGeneration(client, generation);
  return ask<Row, Row[]>(client, { name, text, values: [...values] }, ({ rows }) => rows);
}

/**
 * By callback: asked by `pg`'s promise, 16 searches of 200 rows at once left 6 to 9 ms of work to each collection of young garbage, and 2 ms so.
 * @param take called before the connection is given its next query.
 */
async function ask<Row, T>(
  client: Queryable,
  query: string | PreparedQuery,
  take: (result: { rows: Row[] }) => T,
): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      client.query<Row>(query, (error, result) => {
        if (error) reject(error);
        else resolve(take(result));
      });
    });
  } catch (error) {
    if (error instanceof Error) Error.captureStackTrace(error); // of who asked, not of the socket
    throw error;
  }
}

/** The newest generation of names that a connection has met. */
const generations = new WeakMap<Queryable, number>();

/** Where a new generation of names has begun, a connection drops what it has prepared. */
async function meetGeneration(client: Queryable, generation: number): Promise<void> {
  const met = generations.get(client) ?? generation;
  if (met < generation) await dropPrepared(client);
  generations.set(client, Math.max(met, generation));
}

/** `pg` prepares a name once on a connection: it has to forget what Postgres does. */
async function dropPrepared(client: Queryable): Promise<void> {
  const connection = 'connection' in client ? client.connection : null;
  if (typeof connection !== 'object' || connection === null || !('parsedStatements' in connection))
    throw new Error('what a connection has prepared is not where it was in pg');
  await ask<object, void>(client, 'deallocate all', () => {
    connection.parsedStatements = {};
  });
}

function isQueryable(value: unknown): value is Queryable {
  return typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'function';
}

function isPool(value: unknown): value is Pool {
  return typeof value === 'object' && value !== null && 'connect' in value && 'on' in value;
}
