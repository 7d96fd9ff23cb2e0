export { governed, grantAll, grantRead, telemetry, type Governed } from './declare.js';
export { MigrationError, migrate, roleOf, rolesSql, schemas } from './run.js';
export type { MigrationClass } from './migration-class.js';
export { TestingReset } from './testing-reset.js';
