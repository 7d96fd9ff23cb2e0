import { datasetVersion } from '@assay/contracts';
import { newId, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { DatasetVersion } from './dataset.js';

const versionRow = z.object({
  dataset_id: z.string(),
  name: z.string(),
  version: z.coerce.number(),
  digest: z.string(),
  size: z.coerce.number(),
  row_count: z.coerce.number(),
  profile: datasetVersion.shape.columns,
  roles: datasetVersion.shape.roles,
  blob_key: z.string(),
  created_by: z.string(),
  created_at: z.date(),
});

const select = 'select v.*, d.name from registry.dataset_version v join registry.dataset d on d.id = v.dataset_id';

/** A dataset, with how many versions it has. */
export interface ListedDataset {
  readonly name: string;
  readonly versions: number;
  readonly createdAt: Date;
}

@Injectable()
export class DatasetStore {
  /** The dataset's id, made where the name is new; held until the transaction ends. */
  async lockOrCreate(tx: Tx, workspace: string, name: string, now: Date): Promise<string> {
    await tx.query(
      `insert into registry.dataset (id, workspace, name, last_version, created_at) values ($1, $2, $3, 0, $4)
         on conflict (workspace, name) do nothing`,
      [newId(), workspace, name, now],
    );
    const rows: { id: string }[] = await tx.query(
      'select id from registry.dataset where workspace = $1 and name = $2 for update',
      [workspace, name],
    );
    if (rows[0] === undefined) throw new Error(`dataset ${name} vanished`);
    return rows[0].id;
  }

  async takeVersionNumber(tx: Tx, datasetId: string): Promise<number> {
    // TypeORM answers an UPDATE with [rows, count].
    const [rows]: [{ last_version: string }[], number] = await tx.query(
      'update registry.dataset set last_version = last_version + 1 where id = $1 returning last_version',
      [datasetId],
    );
    if (rows[0] === undefined) throw new Error(`dataset ${datasetId} vanished`);
    return Number(rows[0].last_version);
  }

  async insert(tx: Tx, version: DatasetVersion): Promise<void> {
    await tx.query(
      `insert into registry.dataset_version (dataset_id, version, digest, size, blob_key, row_count, profile, roles, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        version.datasetId,
        version.version,
        version.digest,
        version.size,
        version.blobKey,
        version.rowCount,
        JSON.stringify(version.columns),
        JSON.stringify(version.roles),
        version.createdBy,
        version.createdAt,
      ],
    );
  }

  async byDigest(tx: Tx, datasetId: string, digest: string): Promise<DatasetVersion | null> {
    return one(await tx.query(`${select} where v.dataset_id = $1 and v.digest = $2`, [datasetId, digest]));
  }

  async find(tx: Tx, workspace: string, name: string, version: number): Promise<DatasetVersion | null> {
    return one(
      await tx.query(`${select} where d.workspace = $1 and d.name = $2 and v.version = $3`, [workspace, name, version]),
    );
  }

  /** Newest first, at most 1,000. */
  async versions(tx: Tx, workspace: string, name: string): Promise<DatasetVersion[]> {
    const rows: unknown[] = await tx.query(
      `${select} where d.workspace = $1 and d.name = $2 order by v.version desc limit 1000`,
      [workspace, name],
    );
    return rows.map(toVersion);
  }

  async list(tx: Tx, workspace: string): Promise<ListedDataset[]> {
    const rows: { name: string; last_version: string; created_at: Date }[] = await tx.query(
      'select name, last_version, created_at from registry.dataset where workspace = $1 and last_version > 0 order by name collate "C" limit 1000',
      [workspace],
    );
    return rows.map(({ name, last_version: versions, created_at: createdAt }) => ({
      name,
      versions: Number(versions),
      createdAt,
    }));
  }
}

function one(rows: readonly unknown[]): DatasetVersion | null {
  return rows.length === 0 ? null : toVersion(rows[0]);
}

function toVersion(data: unknown): DatasetVersion {
  const row = versionRow.parse(data);
  return {
    datasetId: row.dataset_id,
    name: row.name,
    version: row.version,
    digest: row.digest,
    size: row.size,
    rowCount: row.row_count,
    columns: row.profile,
    roles: row.roles,
    blobKey: row.blob_key,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
