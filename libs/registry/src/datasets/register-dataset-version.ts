import type { Readable } from 'node:stream';
import type { Actor, DatasetRoles } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { hasRoles, rolesProblem, sameRoles, type DatasetVersion } from './dataset.js';
import { DatasetStore } from './dataset.store.js';
import { StoreCsv, type StoredCsv } from './store-csv.js';

export interface RegisteredDataset {
  readonly version: DatasetVersion;
  /** False when this very content was registered before: the answer is that version. */
  readonly created: boolean;
}

/** Registers a CSV file as the next version of a dataset. The same bytes are the same version, so a repeated call changes nothing. */
@Injectable()
export class RegisterDatasetVersion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly datasets: DatasetStore,
    private readonly storeCsv: StoreCsv,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, name: string, roles: DatasetRoles, body: Readable): Promise<RegisteredDataset> {
    const stored = await this.storeCsv.execute(body);
    try {
      const problem = rolesProblem(
        roles,
        stored.profile.columns.map((column) => column.name),
      );
      if (problem !== null) throw new AppError('INVALID_PARAMETER_VALUE', problem);
      const registered = await this.database.transaction((tx) => this.#register(tx, actor, name, roles, stored));
      if (!registered.created) await this.storeCsv.discard(stored.blobKey);
      return registered;
    } catch (error) {
      // An AppError is thrown before the commit; after any other error a row may name the file, so it stays.
      if (error instanceof AppError) await this.storeCsv.discard(stored.blobKey);
      throw error;
    }
  }

  async #register(
    tx: Tx,
    actor: Actor,
    name: string,
    roles: DatasetRoles,
    stored: StoredCsv,
  ): Promise<RegisteredDataset> {
    const createdAt = this.clock.now();
    const datasetId = await this.datasets.lockOrCreate(tx, actor.workspace, name, createdAt);
    const known = await this.datasets.byDigest(tx, datasetId, stored.sha256);
    if (known !== null) {
      if (!hasRoles(roles) || sameRoles(roles, known.roles)) return { version: known, created: false };
      throw new AppError(
        'RESOURCE_CONFLICT',
        `This content is version ${known.version} already, with other roles of its columns: a version never changes. Register it under another name.`,
        { version: known.version },
      );
    }
    const version: DatasetVersion = {
      datasetId,
      name,
      version: await this.datasets.takeVersionNumber(tx, datasetId),
      digest: stored.sha256,
      size: stored.size,
      rowCount: stored.profile.rowCount,
      columns: stored.profile.columns.map((column) => ({
        ...column,
        top: column.top === null ? null : [...column.top],
      })),
      roles,
      blobKey: stored.blobKey,
      createdBy: actor.onBehalfOf ?? actor.id,
      createdAt,
    };
    await this.datasets.insert(tx, version);
    await this.audit.record(tx, actor, {
      action: 'registry.dataset.registered.v1',
      target: { type: 'dataset-version', id: datasetId, version: String(version.version) },
      covers: [row('registry.dataset', datasetId), row('registry.dataset_version', datasetId, version.version)],
      after: {
        name,
        digest: version.digest,
        size: version.size,
        rowCount: version.rowCount,
        columns: version.columns.map((column) => column.name),
        roles: { ...roles },
      },
    });
    return { version, created: true };
  }
}
