export { AuditClient, row, type AuditEntry, type CoveredRow, type JsonValue } from './audit-client.js';
export { AuditClientModule } from './audit-client.module.js';
