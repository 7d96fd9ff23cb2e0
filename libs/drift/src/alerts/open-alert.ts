import type { Actor, DriftAlert, DriftWindow, Monitor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Tx, newId } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { JudgedWindowStore } from '../windows/judged-window.store.js';
import { alarmOf, persists } from './alarm.js';
import { AlertStore } from './alert.store.js';

/** An alert that a window opens (`windows` is 1) or belongs to. */
type WindowAlert = DriftAlert & { readonly opens: boolean };

/** Opens an alert for a window that alarms, or counts the window to the one that is open already. Runs under the monitor's lock. */
@Injectable()
export class OpenAlert {
  constructor(
    private readonly alerts: AlertStore,
    private readonly windows: JudgedWindowStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** The alert that a window leads to, not yet written: the window's row comes first. Null when nothing is alarming, or not yet. */
  async forWindow(
    tx: Tx,
    monitor: Monitor,
    window: Omit<DriftWindow, 'alertId' | 'judgedAt'>,
  ): Promise<WindowAlert | null> {
    const kind = alarmOf(window.verdict);
    if (kind === null) return null;
    const open = await this.alerts.lockOpen(tx, monitor.id, kind);
    if (open) return { ...open, windows: open.windows + 1, opens: false };
    const earlier = await this.windows.earlierVerdicts(
      tx,
      monitor.id,
      new Date(window.from),
      new Date(window.to),
      monitor.persistence.windows - 1,
    );
    if (!persists(window.verdict, earlier, monitor.persistence)) return null;
    const broken = window.checks.filter((check) => check.level === 'broken').map((check) => check.feature);
    return {
      id: newId(),
      monitorId: monitor.id,
      windowId: window.id,
      kind,
      state: 'open',
      severity: monitor.severity,
      owner: monitor.owner,
      runbook: monitor.runbook,
      features: kind === 'drift' ? [...window.shifted] : [...new Set(broken)],
      windows: 1,
      openedAt: this.clock.now().toISOString(),
      closedAt: null,
      closedBy: null,
      closeReason: null,
      opens: true,
    };
  }

  /** Writes it, with its record: the event that triggers wait for. */
  async keep(tx: Tx, actor: Actor, monitor: Monitor, window: DriftWindow, alert: WindowAlert): Promise<void> {
    const links = { monitor: monitor.id, model: monitor.model, window: window.id };
    const covers = [row('drift.alert', alert.id)];
    if (!alert.opens) {
      await this.alerts.setWindows(tx, alert.id, alert.windows);
      await this.audit.record(tx, actor, {
        action: 'drift.alert.repeated.v1',
        target: { type: 'drift.alert', id: alert.id },
        covers,
        after: { monitor: monitor.id, model: monitor.model, window: window.id, windows: alert.windows },
        links,
      });
      return;
    }
    const { opens: _, ...opened } = alert;
    await this.alerts.insert(tx, actor.workspace, opened);
    await this.audit.record(tx, actor, {
      action: 'drift.alert.opened.v1',
      target: { type: 'drift.alert', id: alert.id },
      covers,
      after: {
        monitor: monitor.id,
        monitorName: monitor.name,
        model: monitor.model,
        pointer: monitor.pointer,
        window: window.id,
        from: window.from,
        to: window.to,
        kind: alert.kind,
        severity: alert.severity,
        features: alert.features.slice(0, 200),
      },
      personal: { owner: alert.owner },
      links,
    });
  }
}
