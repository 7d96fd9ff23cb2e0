import type { DataSource, EntityManager } from 'typeorm';

/** SQL that every connection parses and plans once, under a name of its own. Two statements of one name must not differ. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Where a prepared statement runs: by itself (`Database`), or inside an open transaction (`inTransaction`). */
export interface Session {
  run<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
}

/** What this module needs of `pg`: a client and a pool both have it. */
interface Queryable {
  query<Row>(query: string | { name: string; text: string; values: unknown[] }): Promise<{ rows: Row[] }>;
}

interface Pool extends Queryable {
  on(event: 'acquire' | 'error', listener: (client: Queryable) => void): unknown;
}

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
  return {
    run: async <Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> =>
      (await pool().query<Row>(withValues(statement, values))).rows,
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

/** Prepared statements inside an open transaction. */
export function inTransaction(tx: EntityManager): Session {
  return {
    run: async <Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> => {
      const client: unknown = await tx.queryRunner?.connect();
      if (!isQueryable(client)) throw new Error('a prepared statement needs an open transaction');
      return (await client.query<Row>(withValues(statement, values))).rows;
    },
  };
}

function withValues({ name, text }: Statement, values: readonly unknown[]) {
  return { name, text, values: [...values] };
}

function isQueryable(value: unknown): value is Queryable {
  return typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'function';
}

function isPool(value: unknown): value is Pool {
  return isQueryable(value) && 'on' in value && typeof value.on === 'function';
}
