import { type Service, services } from '@assay/platform/database';
import { DataSource } from 'typeorm';
import { accessMigrations } from './access/index.js';
import { auditMigrations } from './audit/index.js';
import { driftMigrations } from './drift/index.js';
import type { MigrationClass } from './migration-class.js';
import { queueMigrations } from './queue/index.js';
import { registryMigrations } from './registry/index.js';
import { runnerMigrations } from './runner/index.js';
import { trackingMigrations } from './tracking/index.js';

/** Schemas in the order they are made: audit first, because every other table refers to its trigger. */
export const schemas: readonly { name: string; service: Service; migrations: readonly MigrationClass[] }[] = [
  { name: 'audit', service: 'audit', migrations: auditMigrations },
  { name: 'queue', service: 'runner', migrations: queueMigrations },
  { name: 'access', service: 'registry', migrations: accessMigrations },
  { name: 'tracking', service: 'registry', migrations: trackingMigrations },
  { name: 'registry', service: 'registry', migrations: registryMigrations },
  { name: 'runner', service: 'runner', migrations: runnerMigrations },
  { name: 'drift', service: 'drift', migrations: driftMigrations },
];

/** The database can't be brought to this version, in one sentence. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Any number that only the migration runner locks; two runners at once wait for each other. */
const lockKey = 4_156_001;

/** Name of a service's login role. */
export function roleOf(service: Service): string {
  return `${service}_svc`;
}

/** SQL that makes the service roles, for an installation where the migration role may not. Passwords are given by the administrator. */
export function rolesSql(): string[] {
  return services.map((service) => `create role ${roleOf(service)} login password '…' noinherit`);
}

/**
 * Brings a database to this version: roles, schemas, tables, views and grants. Runs as the migration role, under an advisory lock.
 * @param passwords of the service roles; a role without one must exist already.
 * @returns how many migrations were applied.
 * @throws {MigrationError} when the database was made by a newer version.
 */
export async function migrate(url: string, passwords: Partial<Record<Service, string>>): Promise<number> {
  const guard = new DataSource({ type: 'postgres', url, applicationName: 'assay-migrate' });
  await guard.initialize();
  const session = guard.createQueryRunner();
  let applied = 0;
  try {
    await session.query('select pg_advisory_lock($1)', [lockKey]);
    for (const service of services) await ensureRole(session, service, passwords[service]);
    for (const { name, service } of schemas) {
      await session.query(`create schema if not exists ${name}`);
      await session.query(`grant usage on schema ${name} to ${roleOf(service)}`);
    }
    for (const schema of schemas) applied += await migrateSchema(url, schema.name, schema.migrations);
    await session.query('select pg_advisory_unlock($1)', [lockKey]);
  } finally {
    await session.release();
    await guard.destroy();
  }
  return applied;
}

interface Session {
  query(sql: string, parameters?: unknown[]): Promise<unknown[]>;
}

async function ensureRole(session: Session, service: Service, password: string | undefined): Promise<void> {
  const role = roleOf(service);
  const found = await session.query('select 1 from pg_roles where rolname = $1', [role]);
  if (password === undefined) {
    if (found.length === 0)
      throw new MigrationError(`The role ${role} is missing: make it with the statements of "migrate --print-roles".`);
    return;
  }
  if (!/^[\w-]+$/.test(password))
    throw new MigrationError(`The password of ${role} may hold letters, digits, "_" and "-" only.`);
  await session.query(`${found.length === 0 ? 'create' : 'alter'} role ${role} login password '${password}' noinherit`);
}

async function migrateSchema(url: string, schema: string, migrations: readonly MigrationClass[]): Promise<number> {
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    applicationName: 'assay-migrate',
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
  });
  await source.initialize();
  try {
    await refuseNewer(source, schema, migrations);
    return (await source.runMigrations()).length;
  } finally {
    await source.destroy();
  }
}

async function refuseNewer(source: DataSource, schema: string, migrations: readonly MigrationClass[]): Promise<void> {
  const [history] = await source.query('select to_regclass($1) is not null as present', [`${schema}.migrations`]);
  if (!history.present) return;
  const known = new Set(migrations.map((migration) => migration.name));
  const rows: { name: string }[] = await source.query(`select name from ${schema}.migrations order by timestamp`);
  const unknown = rows.find((row) => !known.has(row.name));
  if (unknown)
    throw new MigrationError(
      `The database was made by a newer Assay (${schema}: ${unknown.name}): start that version, or restore a backup from before it.`,
    );
}
