import { Detail, SubjectKey } from './details/detail.entity.js';
import { CoveredRow } from './inbox/covered-row.entity.js';
import { DeclaredTable } from './inbox/declared-table.entity.js';
import { Leaf, LogCheckpoint, LogTile, SigningKey } from './log/log.entity.js';

/** Every table of the schema `audit` but the inbox: TypeORM knows no `xid8`, the type of the transaction that wrote a record. */
export const auditEntities = [
  CoveredRow,
  DeclaredTable,
  Leaf,
  LogTile,
  LogCheckpoint,
  SigningKey,
  Detail,
  SubjectKey,
] as const;
