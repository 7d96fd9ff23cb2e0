import { createHash } from 'node:crypto';
import type { Actor, DriftWindow, JudgeWindowRequest } from '@assay/contracts';
import { type Database, InjectDatabase, newId } from '@assay/platform/database';
import { canonicalJson } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { OpenAlert } from '../alerts/open-alert.js';
import { MonitorStore } from '../monitors/monitor.store.js';
import { noMonitor } from '../monitors/monitors.service.js';
import { PredictionStore, type ScoredRow } from '../predictions/prediction.store.js';
import { judgeFeatures } from './judge-features.js';
import { JudgedWindowStore } from './judged-window.store.js';
import { WindowRecord } from './window-record.js';

/** Predictions of a window that are compared; a larger window is sampled by the ids. */
const rowsCompared = 20_000;

/**
 * Judges a window of predictions against the monitor's reference and keeps what was found, with the alert that follows from it,
 * in one transaction. Asked again over unchanged predictions it answers what it said before.
 */
@Injectable()
export class JudgeWindow {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly monitors: MonitorStore,
    private readonly predictions: PredictionStore,
    private readonly windows: JudgedWindowStore,
    private readonly alerts: OpenAlert,
    private readonly record: WindowRecord,
  ) {}

  async execute(actor: Actor, request: JudgeWindowRequest): Promise<DriftWindow> {
    const [from, to] = [new Date(request.from), new Date(request.to)];
    const read = await this.database.read(async (tx) => {
      const monitor = await this.monitors.find(tx, actor.workspace, request.id);
      if (!monitor) throw noMonitor(request.id);
      const rows = await this.predictions.count(tx, actor.workspace, monitor.model, from, to);
      const used = await this.predictions.window(tx, actor.workspace, monitor.model, from, to, rowsCompared);
      const predictionsDigest = digestOf(used);
      const before = await this.windows.same(tx, monitor.id, from, to, predictionsDigest);
      return before
        ? { before }
        : { monitor, rows, used, predictionsDigest, columns: await this.monitors.columns(tx, monitor.id) };
    });
    if (read.before) return read.before;
    const { monitor, rows, used, predictionsDigest, columns } = read;
    const judged = await judgeFeatures(
      monitor,
      columns,
      used.map((each) => each.features),
    );
    const found = {
      id: newId(),
      monitorId: monitor.id,
      label: request.label,
      from: from.toISOString(),
      to: to.toISOString(),
      rows,
      rowsUsed: used.length,
      verdict: judged.verdict,
      shifted: [...judged.shifted],
      features: [...judged.findings],
      checks: [...judged.checks],
      referenceDigest: monitor.reference.digest,
      predictionsDigest,
    };
    return this.database.transaction(async (tx) => {
      await this.monitors.lock(tx, monitor.id);
      const meanwhile = await this.windows.same(tx, monitor.id, from, to, predictionsDigest);
      if (meanwhile) return meanwhile;
      const alert = await this.alerts.forWindow(tx, monitor, found);
      const window: DriftWindow = { ...found, alertId: alert?.id ?? null, judgedAt: this.record.now() };
      await this.windows.insert(tx, window, actor.id);
      await this.record.write(tx, actor, monitor, window);
      if (alert) await this.alerts.keep(tx, actor, monitor, window, alert);
      return window;
    });
  }
}

/** SHA-256 over the canonical JSON (RFC 8785) of each row, a line each, in the order of the ids. */
function digestOf(rows: readonly ScoredRow[]): string {
  const hash = createHash('sha256');
  for (const { id, features } of rows) hash.update(`${canonicalJson({ id, features: { ...features } })}\n`);
  return hash.digest('hex');
}
