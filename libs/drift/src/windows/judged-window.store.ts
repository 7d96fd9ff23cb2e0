import { type DriftWindow, featureFinding, windowCheck } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { JudgedWindowEntity } from './judged-window.entity.js';

const jsonColumns = z.object({
  shifted: z.array(z.string()),
  findings: z.array(featureFinding),
  checks: z.array(windowCheck),
});

@Injectable()
export class JudgedWindowStore {
  async insert(tx: Tx, window: DriftWindow, judgedBy: string): Promise<void> {
    await tx.getRepository(JudgedWindowEntity).insert({
      id: window.id,
      monitorId: window.monitorId,
      label: window.label,
      fromAt: new Date(window.from),
      toAt: new Date(window.to),
      rows: String(window.rows),
      rowsUsed: String(window.rowsUsed),
      verdict: window.verdict,
      shifted: [...window.shifted],
      findings: [...window.features],
      checks: [...window.checks],
      referenceDigest: window.referenceDigest,
      predictionsDigest: window.predictionsDigest,
      alertId: window.alertId,
      judgedBy,
      judgedAt: new Date(window.judgedAt),
    });
  }

  /** The window over the same time and the very same predictions, if it was judged before. */
  async same(
    tx: Tx,
    monitorId: string,
    fromAt: Date,
    toAt: Date,
    predictionsDigest: string,
  ): Promise<DriftWindow | null> {
    const found = await tx.getRepository(JudgedWindowEntity).findOneBy({ monitorId, fromAt, toAt, predictionsDigest });
    return found ? toWindow(found) : null;
  }

  async find(tx: Tx, monitorId: string, id: string): Promise<DriftWindow | null> {
    const found = await tx.getRepository(JudgedWindowEntity).findOneBy({ monitorId, id });
    return found ? toWindow(found) : null;
  }

  async list(tx: Tx, monitorId: string, limit: number): Promise<DriftWindow[]> {
    const found = await tx
      .getRepository(JudgedWindowEntity)
      .find({ where: { monitorId }, order: { toAt: 'DESC', judgedAt: 'DESC', id: 'DESC' }, take: limit });
    return found.map(toWindow);
  }

  /** Verdicts of the windows that end before or with a given one, latest first, each as it was judged last; that one is left out. */
  async earlierVerdicts(tx: Tx, monitorId: string, fromAt: Date, toAt: Date, limit: number): Promise<string[]> {
    const rows: { verdict: string }[] = await tx.query(
      `select verdict from (
         select distinct on (to_at, from_at) to_at, from_at, verdict from drift.judged_window
         where monitor_id = $1 and to_at <= $3 and not (from_at = $2 and to_at = $3)
         order by to_at, from_at, judged_at desc, id desc) as latest
       order by to_at desc, from_at desc limit $4`,
      [monitorId, fromAt, toAt, limit],
    );
    return rows.map(({ verdict }) => verdict);
  }
}

function toWindow(row: JudgedWindowEntity): DriftWindow {
  const { shifted, findings, checks } = jsonColumns.parse(row);
  return {
    id: row.id,
    monitorId: row.monitorId,
    label: row.label,
    from: row.fromAt.toISOString(),
    to: row.toAt.toISOString(),
    rows: Number(row.rows),
    rowsUsed: Number(row.rowsUsed),
    verdict: row.verdict,
    shifted,
    features: findings,
    checks,
    referenceDigest: row.referenceDigest,
    predictionsDigest: row.predictionsDigest,
    alertId: row.alertId,
    judgedAt: row.judgedAt.toISOString(),
  };
}
