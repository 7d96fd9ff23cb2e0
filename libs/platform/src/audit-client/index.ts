export {
  AuditClient,
  anonymousActor,
  row,
  type AuditEntry,
  type AuditedActor,
  type CoveredRow,
  type JsonValue,
} from './audit-client.js';
export { AuditClientModule } from './audit-client.module.js';
