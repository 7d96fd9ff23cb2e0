import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@assay/migrations';
import { startEmbeddedPostgres } from '@assay/platform/database';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import '../provided-context.js';
import { testPasswords } from '../test-passwords.js';

/** One real Postgres for a test run, with a migrated database `assay` that each test file clones as a template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join('/var/tmp', 'assay-test-'));
  // As root Postgres runs as another user: what it can't reach is kept elsewhere, and would be left behind.
  chmodSync(dataDir, 0o711);
  const server = await startEmbeddedPostgres({
    dataDir,
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'],
  });
  await migrate(server.url, testPasswords);
  const admin = new pg.Client({ connectionString: adminUrl(server.url) });
  await admin.connect();
  await admin.query('alter database assay is_template true');
  await admin.end();
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

function adminUrl(url: string): string {
  const at = new URL(url);
  at.pathname = '/postgres';
  return at.href;
}
