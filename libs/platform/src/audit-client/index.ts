export {
  AuditClient,
  anonymousActor,
  insertRecords,
  row,
  type AuditEntry,
  type AuditedActor,
  type ComposedRecord,
  type CoveredRow,
  type JsonValue,
  type RecordOrigin,
} from './audit-client.js';
export { AuditClientModule } from './audit-client.module.js';
