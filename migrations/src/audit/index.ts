import type { MigrationClass } from '../migration-class.js';
import { CreateInbox1795300000000 } from './1795300000000-create-inbox.js';
import { CreateLog1795300010000 } from './1795300010000-create-log.js';
import { IndexLongCovers1795300020000 } from './1795300020000-index-long-covers.js';
import { FindRecordsByRow1795300030000 } from './1795300030000-find-records-by-row.js';
import { TellUnknownMigrations1795300040000 } from './1795300040000-tell-unknown-migrations.js';

export const auditMigrations: readonly MigrationClass[] = [
  CreateInbox1795300000000,
  CreateLog1795300010000,
  IndexLongCovers1795300020000,
  FindRecordsByRow1795300030000,
  TellUnknownMigrations1795300040000,
];
