import { readFileSync } from 'node:fs';
import { ConfigError, readConfig } from '@assay/platform/config';
import { MigrationError, migrate, rolesSql } from './run.js';

/**
 * Brings the database of `ASSAY_DATABASE_URL` (the migration role's login) to this version and ends: for installations where each service
 * is a process of its own. `--print-roles` prints the statements that make the service roles, for an administrator.
 */
async function main(): Promise<void> {
  if (process.argv.includes('--print-roles')) {
    process.stdout.write(`${rolesSql().join(';\n')};\n`);
    return;
  }
  const { database } = readConfig();
  if (database.url === null) throw new ConfigError('ASSAY_DATABASE_URL is needed: the login of the migration role.');
  const passwords = database.passwordsFile === null ? {} : JSON.parse(readFileSync(database.passwordsFile, 'utf8'));
  const applied = await migrate(database.url, passwords);
  process.stdout.write(
    applied === 0 ? 'The database is at this version already.\n' : `${applied} migrations applied.\n`,
  );
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof MigrationError;
  process.stderr.write(
    `assay migrate: ${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
