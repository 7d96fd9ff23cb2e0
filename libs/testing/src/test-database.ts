import { randomUUID } from 'node:crypto';
import { type DatabaseUrls, type Service, services } from '@assay/platform/database';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import './provided-context.js';
import { testPasswords } from './test-passwords.js';

export interface TestDatabase {
  /** As the role that owns the tables: for looking and tampering, never what a service uses. */
  readonly ownerUrl: string;
  /** As each service's own role. */
  readonly urls: Required<DatabaseUrls>;
  /** Runs SQL as the owner. */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A database of this test file's own, cloned from the migrated template before its tests and dropped after them. */
export function testDatabase(): TestDatabase {
  const name = `assay_${randomUUID().replaceAll('-', '')}_test`; // what a service under ASSAY_TESTING asks for
  const server = inject('postgresUrl');
  const at = (user: string | null, password: string | null, database: string): string => {
    const url = new URL(server);
    if (user !== null) url.username = user;
    if (password !== null) url.password = password;
    url.pathname = `/${database}`;
    return url.href;
  };
  const asService = (service: Service): string => at(`${service}_svc`, testPasswords[service], name);
  const admin = at(null, null, 'postgres');
  const ownerUrl = at(null, null, name);
  let owner: pg.Pool;
  beforeAll(async () => {
    await run(admin, `create database ${name} template assay`);
    owner = new pg.Pool({ connectionString: ownerUrl, max: 4 });
    owner.on('error', () => undefined); // the pool's idle connections end when the database is dropped
  });
  afterAll(async () => {
    await owner.end();
    await run(admin, `drop database ${name} with (force)`);
  });
  return {
    ownerUrl,
    urls: {
      registry: asService('registry'),
      runner: asService('runner'),
      drift: asService('drift'),
      audit: asService('audit'),
    },
    query: async (sql, parameters) => (await owner.query(sql, parameters)).rows,
  };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Two clones of one template at once: Postgres refuses the second while the first reads it.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(sql);
        return;
      } catch (error) {
        const busy = error instanceof Error && 'code' in error && error.code === '55006';
        if (!busy || attempt === 200) throw error;
        await client.query('select pg_sleep(0.05)');
      }
    }
  } finally {
    await client.end();
  }
}

/** Names of all services, for tests over every one of them. */
export const allServices: readonly Service[] = services;
