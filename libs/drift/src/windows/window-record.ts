import type { Actor, DriftWindow, Monitor } from '@assay/contracts';
import { AuditClient, type JsonValue, row } from '@assay/platform/audit-client';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** The audit record of a judged window: enough to repeat it, small enough to be an event. */
@Injectable()
export class WindowRecord {
  constructor(
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  now(): string {
    return this.clock.now().toISOString();
  }

  async write(tx: Tx, actor: Actor, monitor: Monitor, window: DriftWindow): Promise<void> {
    const named: JsonValue = window.features
      .filter((finding) => finding.state === 'shifted')
      .slice(0, 100)
      .map(({ feature, effect, qValue, minimumEffect }) => ({ feature, effect, qValue, minimumEffect }));
    await this.audit.record(tx, actor, {
      action: 'drift.window.judged.v1',
      target: { type: 'drift.window', id: window.id },
      covers: [row('drift.judged_window', window.id)],
      after: {
        monitor: monitor.id,
        model: monitor.model,
        from: window.from,
        to: window.to,
        rows: window.rows,
        rowsUsed: window.rowsUsed,
        verdict: window.verdict,
        shifted: named,
        broken: window.checks
          .filter((check) => check.level === 'broken')
          .slice(0, 100)
          .map(({ feature, check }) => ({ feature, check })),
        referenceDigest: window.referenceDigest,
        predictionsDigest: window.predictionsDigest,
      },
      links: { monitor: monitor.id, model: monitor.model, ...(window.alertId ? { alert: window.alertId } : {}) },
    });
  }
}
