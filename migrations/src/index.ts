export { governed, grantAll, grantRead, telemetry, type Governed } from './declare.js';
export { MigrationError, migrate, roleOf, rolesSql, schemas, type MigrationClass } from './run.js';
