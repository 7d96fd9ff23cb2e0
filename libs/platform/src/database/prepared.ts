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
  query<Row>(query: { name: string; text: string; values: unknown[] }): Promise<{ rows: Row[] }>;
}

/** Prepared statements on a pool, each in a transaction of its own that Postgres opens and closes: one round trip. */
export function onPool(source: DataSource): Session {
  return {
    run: async <Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> => {
      const pool: unknown = 'master' in source.driver ? source.driver.master : null;
      if (!isQueryable(pool)) throw new Error('the database has no connection pool: it is not open');
      return (await pool.query<Row>(withValues(statement, values))).rows;
    },
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
