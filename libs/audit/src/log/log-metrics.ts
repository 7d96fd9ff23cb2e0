import { type Database, InjectDatabase, acrossWorkspaces } from '@assay/platform/database';
import { Metrics } from '@assay/platform/telemetry';
import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { LatestCheckpoint } from './latest-checkpoint.js';
import { waitingRecords } from './log.store.js';
import { SequencerService } from './sequencer.service.js';

/** Shows on `/metrics` how far the log is, what waits for it, and whether it may be trusted. */
@Injectable()
export class LogMetrics {
  constructor(
    metrics: Metrics,
    latest: LatestCheckpoint,
    sequencer: SequencerService,
    @InjectDatabase('audit') database: Database,
  ) {
    const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
      const made: Gauge = new Gauge({
        name,
        help,
        registers: [metrics.registry],
        collect: async () => made.set(await value()),
      });
    };
    gauge('assay_audit_log_records', 'Records under the newest signed checkpoint', () => latest.latest()?.size ?? 0);
    gauge('assay_audit_waiting_records', 'Committed records that are not sequenced yet', () =>
      acrossWorkspaces(() => database.read(waitingRecords)),
    );
    gauge('assay_audit_log_damaged', '1 while the log is not continued because its tiles do not give its root', () =>
      sequencer.damaged === null ? 0 : 1,
    );
  }
}
