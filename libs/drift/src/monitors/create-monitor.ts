import type { Actor, CreateMonitorRequest, Monitor } from '@assay/contracts';
import { BlobStore, verifiedStream } from '@assay/platform/artifacts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { datasetContent } from '@assay/registry-reads';
import { Injectable } from '@nestjs/common';
import { MonitorStore } from './monitor.store.js';
import { sampleCsv } from './read-reference.js';
import { takeReference } from './reference.js';

/** Rows of a reference that are kept to compare with; a larger one is sampled. */
const referenceRowsKept = 20_000;

/** Makes a monitor: its reference is read once, checked against its digest, and frozen with it. */
@Injectable()
export class CreateMonitor {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly monitors: MonitorStore,
    private readonly blobs: BlobStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, request: CreateMonitorRequest): Promise<Monitor> {
    const { name, version } = request.reference;
    const content = await this.database.read(async (tx) => {
      if (await this.monitors.named(tx, actor.workspace, request.name)) throw exists(request.name);
      return datasetContent(tx, actor.workspace, name, version);
    });
    if (!content)
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no version ${version} of a dataset "${name}": register it first.`,
      );
    const table = await sampleCsv(
      verifiedStream(await this.blobs.get(content.blobKey), content.digest),
      referenceRowsKept,
    );
    const reference = takeReference(table, request);
    if ('problem' in reference) throw new AppError('INVALID_PARAMETER_VALUE', reference.problem);
    const monitor: Monitor = {
      id: newId(),
      name: request.name,
      model: request.model,
      pointer: request.pointer ?? null,
      reference: { name, version, digest: content.digest, rows: reference.rows, rowsKept: reference.rowsKept },
      features: [...reference.features],
      alpha: request.alpha,
      minimumRows: request.minimumRows,
      persistence: request.persistence,
      owner: request.owner ?? actor.onBehalfOf ?? actor.id,
      severity: request.severity,
      runbook: request.runbook,
      createdBy: actor.onBehalfOf ?? actor.id,
      createdAt: this.clock.now().toISOString(),
    };
    await this.database.transaction(async (tx) => {
      await this.monitors.lock(tx, `${actor.workspace}/${request.name}`);
      if (await this.monitors.named(tx, actor.workspace, request.name)) throw exists(request.name);
      await this.monitors.insert(tx, actor.workspace, monitor, reference.columns);
      const { owner, runbook, createdBy: _by, createdAt: _at, features, ...facts } = monitor;
      await this.audit.record(tx, actor, {
        action: 'drift.monitor.created.v1',
        target: { type: 'drift.monitor', id: monitor.id },
        covers: [row('drift.monitor', monitor.id), row('drift.monitor_reference', monitor.id)],
        after: { ...facts, features: features.map((feature) => ({ ...feature })) },
        personal: { owner, ...(runbook === '' ? {} : { runbook }) },
        links: { model: monitor.model, dataset: content.digest },
      });
    });
    return monitor;
  }
}

function exists(name: string): AppError {
  return new AppError('RESOURCE_ALREADY_EXISTS', `There is a monitor "${name}" already: choose another name.`);
}
