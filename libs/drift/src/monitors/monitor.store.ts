import type { Monitor } from '@assay/contracts';
import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { And, Equal, Like, Not } from 'typeorm';
import { z } from 'zod';
import type { FeatureColumn } from '../windows/feature-values.js';
import { MonitorEntity, MonitorReferenceEntity } from './monitor.entity.js';

const storedColumns = z.record(
  z.string(),
  z.union([
    z.object({ kind: z.literal('numeric'), values: z.array(z.number().nullable()) }),
    z.object({ kind: z.literal('category'), values: z.array(z.string().nullable()) }),
  ]),
);

const listed = 1000;

@Injectable()
export class MonitorStore {
  async insert(
    tx: Tx,
    workspace: string,
    monitor: Monitor,
    columns: ReadonlyMap<string, FeatureColumn>,
  ): Promise<void> {
    await tx.getRepository(MonitorEntity).insert({
      id: monitor.id,
      workspace,
      name: monitor.name,
      model: monitor.model,
      pointer: monitor.pointer,
      referenceName: monitor.reference.name,
      referenceVersion: String(monitor.reference.version),
      referenceDigest: monitor.reference.digest,
      referenceRows: String(monitor.reference.rows),
      rowsKept: String(monitor.reference.rowsKept),
      features: [...monitor.features],
      alpha: monitor.alpha,
      minimumRows: String(monitor.minimumRows),
      alarms: String(monitor.persistence.alarms),
      alarmWindows: String(monitor.persistence.windows),
      owner: monitor.owner,
      severity: monitor.severity,
      runbook: monitor.runbook,
      createdBy: monitor.createdBy,
      createdAt: new Date(monitor.createdAt),
    });
    await tx
      .getRepository(MonitorReferenceEntity)
      .insert({ monitorId: monitor.id, columns: Object.fromEntries(columns) });
  }

  async find(tx: Tx, workspace: string, id: string): Promise<Monitor | null> {
    const found = await tx.getRepository(MonitorEntity).findOneBy({ workspace, id });
    return found ? toMonitor(found) : null;
  }

  async named(tx: Tx, workspace: string, name: string): Promise<boolean> {
    return tx.getRepository(MonitorEntity).existsBy({ workspace, name });
  }

  /** Of one model or of all, without those of models whose names fit a pattern of `hidden`. */
  async list(tx: Tx, workspace: string, model: string | undefined, hidden: readonly string[]): Promise<Monitor[]> {
    const named = [
      ...(model === undefined ? [] : [Equal(model)]),
      ...likePatterns(hidden).map((pattern) => Not(Like(pattern))),
    ];
    const where = { workspace, ...(named.length === 0 ? {} : { model: And(...named) }) };
    const found = await tx
      .getRepository(MonitorEntity)
      .find({ where, order: { createdAt: 'ASC', id: 'ASC' }, take: listed });
    return found.map(toMonitor);
  }

  /** The frozen reference of a monitor. */
  async columns(tx: Tx, id: string): Promise<ReadonlyMap<string, FeatureColumn>> {
    const found = await tx.getRepository(MonitorReferenceEntity).findOneByOrFail({ monitorId: id });
    return new Map(Object.entries(storedColumns.parse(found.columns)));
  }

  /** Keeps other windows of the monitor out until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<void> {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('drift.monitor/' || $1, 0))", [id]);
  }
}

function toMonitor(row: MonitorEntity): Monitor {
  return {
    id: row.id,
    name: row.name,
    model: row.model,
    pointer: row.pointer,
    reference: {
      name: row.referenceName,
      version: Number(row.referenceVersion),
      digest: row.referenceDigest,
      rows: Number(row.referenceRows),
      rowsKept: Number(row.rowsKept),
    },
    features: row.features,
    alpha: row.alpha,
    minimumRows: Number(row.minimumRows),
    persistence: { alarms: Number(row.alarms), windows: Number(row.alarmWindows) },
    owner: row.owner,
    severity: row.severity,
    runbook: row.runbook,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
  };
}
