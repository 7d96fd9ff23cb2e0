import { CheckpointSource } from '@assay/platform/http';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { auditEntities } from './audit.entities.js';
import { Details } from './details/details.js';
import { ExportRecords } from './export/export-records.js';
import { LatestCheckpoint } from './log/latest-checkpoint.js';
import { LogMetrics } from './log/log-metrics.js';
import { OpenLog } from './log/open-log.js';
import { SequencerService } from './log/sequencer.service.js';
import { Sequencing } from './log/sequencer.js';
import { RecordsController } from './records/records.controller.js';
import { RecordsService } from './records/records.service.js';
import { LogController } from './served/log.controller.js';
import { LogTiles } from './served/log-tiles.js';

/** The audit log: sequencing what services wrote to the inbox, serving it, proving it. */
@Module({
  imports: [TypeOrmModule.forFeature([...auditEntities], 'audit')],
  controllers: [LogController, RecordsController],
  providers: [
    Details,
    OpenLog,
    Sequencing,
    SequencerService,
    LatestCheckpoint,
    LogMetrics,
    { provide: CheckpointSource, useExisting: LatestCheckpoint },
    LogTiles,
    RecordsService,
    ExportRecords,
  ],
})
export class AuditModule {}
