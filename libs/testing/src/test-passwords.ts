import type { Service } from '@assay/platform/database';

/** Passwords of the service roles in the throw-away Postgres of a test run. */
export const testPasswords: Readonly<Record<Service, string>> = {
  registry: 'registry-test',
  runner: 'runner-test',
  drift: 'drift-test',
  audit: 'audit-test',
};
