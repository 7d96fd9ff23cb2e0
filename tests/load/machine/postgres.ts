import { type EmbeddedPostgres, startEmbeddedPostgres } from '@assay/platform/database';
import pg from 'pg';

/** The same for every server. What could lose an acknowledged write stays on; checkpoints are rare, so that none falls into one server's window only. */
export const postgresSettings = [
  'shared_buffers=1GB',
  'fsync=on',
  'synchronous_commit=on',
  'max_wal_size=8GB',
  'checkpoint_timeout=30min',
] as const;

/** The one Postgres of a run, with a database for each server. */
export class BenchPostgres {
  private readonly pools = new Map<string, pg.Pool>();

  private constructor(private readonly server: EmbeddedPostgres) {}

  static async start(folder: string): Promise<BenchPostgres> {
    return new BenchPostgres(await startEmbeddedPostgres({ dataDir: folder, settings: postgresSettings }));
  }

  get pid(): number {
    return this.server.pid;
  }

  /** The owner's login to a database. */
  url(database: string): string {
    const url = new URL(this.server.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  async create(database: string): Promise<string> {
    await this.query('postgres', `create database ${database} template template0`);
    return this.url(database);
  }

  async query(database: string, sql: string, parameters: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.pool(database).query<Record<string, unknown>>(sql, parameters)).rows;
  }

  /** Bytes of all tables that aren't Postgres' own, with their indexes and large values. */
  async bytes(database: string): Promise<number> {
    const [row] = await this.query(
      database,
      `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')`,
    );
    return Number(row?.bytes);
  }

  async version(): Promise<string> {
    const [row] = await this.query('postgres', 'show server_version');
    return String(row?.server_version);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()));
    await this.server.stop();
  }

  private pool(database: string): pg.Pool {
    const known = this.pools.get(database);
    if (known) return known;
    const pool = new pg.Pool({ connectionString: this.url(database), max: 1 });
    pool.on('error', () => undefined); // it goes away with the server
    this.pools.set(database, pool);
    return pool;
  }
}
