import type { Actor, DriftAlert } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { AlertStore } from './alert.store.js';
import { noAlert } from './alerts.service.js';

/** Closes an alert, once, with a reason. */
@Injectable()
export class CloseAlert {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly alerts: AlertStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: { id: string; reason: string }): Promise<DriftAlert> {
    return this.database.transaction(async (tx) => {
      const open = await this.alerts.lock(tx, actor.workspace, input.id);
      if (!open) throw noAlert(input.id);
      if (open.state === 'closed')
        throw new AppError(
          'RESOURCE_CONFLICT',
          `The alert was closed at ${open.closedAt ?? 'an earlier time'}: nothing is left to do.`,
        );
      const closed = { at: this.clock.now(), by: actor.id, reason: input.reason };
      await this.alerts.close(tx, open.id, closed);
      await this.audit.record(tx, actor, {
        action: 'drift.alert.closed.v1',
        target: { type: 'drift.alert', id: open.id },
        covers: [row('drift.alert', open.id)],
        before: { state: 'open' },
        after: { state: 'closed', monitor: open.monitorId },
        reason: input.reason,
        links: { monitor: open.monitorId, window: open.windowId },
      });
      return {
        ...open,
        state: 'closed',
        closedAt: closed.at.toISOString(),
        closedBy: closed.by,
        closeReason: closed.reason,
      };
    });
  }
}
