import type { Actor, ExportAuditRecordsRequest } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { withinReach } from '../records/records.service.js';
import { LogTiles } from '../served/log-tiles.js';
import { archiveLines } from './archive-lines.js';

/** Exports records as an archive that verifies offline (see `archiveFormat`), as a stream. That somebody did so is itself recorded. */
@Injectable()
export class ExportRecords {
  constructor(
    @InjectDatabase('audit') private readonly database: Database,
    private readonly log: LogTiles,
    private readonly audit: AuditClient,
  ) {}

  async execute(actor: Actor, wanted: ExportAuditRecordsRequest): Promise<AsyncGenerator<string>> {
    const filter = withinReach(actor, wanted);
    const { size } = await this.log.checkpoint();
    await this.database.transaction((tx) =>
      this.audit.record(tx, actor, {
        action: 'audit.records.exported.v1',
        target: { type: 'audit-log', id: 'audit' },
        covers: [],
        after: { size, filter: { ...filter } },
      }),
    );
    return archiveLines(this.database, { filter });
  }
}
