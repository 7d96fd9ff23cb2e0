import type { AlertKind, DriftAlert } from '@assay/contracts';
import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type FindOperator, Raw } from 'typeorm';
import { AlertEntity } from './alert.entity.js';

@Injectable()
export class AlertStore {
  async insert(tx: Tx, workspace: string, alert: DriftAlert): Promise<void> {
    await tx.getRepository(AlertEntity).insert({
      id: alert.id,
      workspace,
      monitorId: alert.monitorId,
      windowId: alert.windowId,
      kind: alert.kind,
      state: alert.state,
      severity: alert.severity,
      owner: alert.owner,
      runbook: alert.runbook,
      features: [...alert.features],
      windows: String(alert.windows),
      openedAt: new Date(alert.openedAt),
      closedAt: null,
      closedBy: null,
      closeReason: null,
    });
  }

  /** The open alert of a kind, locked until the transaction ends. */
  async lockOpen(tx: Tx, monitorId: string, kind: AlertKind): Promise<DriftAlert | null> {
    const found = await tx
      .getRepository(AlertEntity)
      .findOne({ where: { monitorId, kind, state: 'open' }, lock: { mode: 'pessimistic_write' } });
    return found ? toAlert(found) : null;
  }

  /** An alert of the workspace, locked until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<DriftAlert | null> {
    const found = await tx
      .getRepository(AlertEntity)
      .findOne({ where: { workspace, id }, lock: { mode: 'pessimistic_write' } });
    return found ? toAlert(found) : null;
  }

  async find(tx: Tx, workspace: string, id: string): Promise<DriftAlert | null> {
    const found = await tx.getRepository(AlertEntity).findOneBy({ workspace, id });
    return found ? toAlert(found) : null;
  }

  async list(
    tx: Tx,
    workspace: string,
    filter: { monitor?: string; state?: 'open' | 'closed'; limit: number; hidden: readonly string[] },
  ): Promise<DriftAlert[]> {
    const found = await tx.getRepository(AlertEntity).find({
      where: {
        workspace,
        ...(filter.monitor === undefined ? {} : { monitorId: filter.monitor }),
        ...(filter.hidden.length === 0 ? {} : { monitorId: watching(filter) }),
        ...(filter.state === undefined ? {} : { state: filter.state }),
      },
      order: { openedAt: 'DESC', id: 'DESC' },
      take: filter.limit,
    });
    return found.map(toAlert);
  }

  async setWindows(tx: Tx, id: string, windows: number): Promise<void> {
    await tx.getRepository(AlertEntity).update({ id }, { windows: String(windows) });
  }

  async close(tx: Tx, id: string, closed: { at: Date; by: string; reason: string }): Promise<void> {
    await tx
      .getRepository(AlertEntity)
      .update({ id }, { state: 'closed', closedAt: closed.at, closedBy: closed.by, closeReason: closed.reason });
  }
}

/** The monitor asked for, if any, unless it watches a model that is not shown. */
function watching({ monitor, hidden }: { monitor?: string; hidden: readonly string[] }): FindOperator<string> {
  return Raw(
    (column) =>
      `(:monitor::text is null or ${column} = :monitor) and ${column} not in (select id from drift.monitor where model like any(:hidden::text[]))`,
    { monitor: monitor ?? null, hidden: likePatterns(hidden) },
  );
}

function toAlert(row: AlertEntity): DriftAlert {
  return {
    id: row.id,
    monitorId: row.monitorId,
    windowId: row.windowId,
    kind: row.kind,
    state: row.state,
    severity: row.severity,
    owner: row.owner,
    runbook: row.runbook,
    features: row.features,
    windows: Number(row.windows),
    openedAt: row.openedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    closedBy: row.closedBy,
    closeReason: row.closeReason,
  };
}
