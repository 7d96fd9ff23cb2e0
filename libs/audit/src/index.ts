export { AuditModule } from './audit.module.js';
export { archiveLines, EmptyLogError, type ArchiveOptions } from './export/archive-lines.js';
export { LatestCheckpoint } from './log/latest-checkpoint.js';
export { NothingToTamperError, rehearseTampering, type Tampering } from './rehearsal/rehearse-tampering.js';
