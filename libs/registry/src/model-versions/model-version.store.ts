import type { Tx } from '@assay/platform/database';
import type { Stage } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { Tag } from '../models/registered-model.js';
import type { DescribedVersion, ModelVersion, VersionFile } from './model-version.js';
import { describedColumns, toDescribedVersion, toModelVersion } from './model-version-row.js';

export type NewVersion = Omit<ModelVersion, 'deletedAt' | 'updatedAt' | 'stage'>;

/** What was registered under an `Idempotency-Key`. */
export interface Registration {
  readonly modelId: string;
  readonly version: number;
  readonly requestSha256: string;
}

@Injectable()
export class ModelVersionStore {
  /** The version by its model's id, unless it was deleted. */
  async find(tx: Tx, modelId: string, version: number): Promise<ModelVersion | null> {
    const rows: unknown[] = await tx.query(
      'select * from registry.model_version where model_id = $1 and version = $2 and deleted_at is null',
      [modelId, version],
    );
    return rows.length === 0 ? null : toModelVersion(rows[0]);
  }

  /** As `find`, held against deletion and stage changes until the transaction ends. */
  async lock(tx: Tx, modelId: string, version: number): Promise<ModelVersion | null> {
    const rows: unknown[] = await tx.query(
      'select * from registry.model_version where model_id = $1 and version = $2 and deleted_at is null for update',
      [modelId, version],
    );
    return rows.length === 0 ? null : toModelVersion(rows[0]);
  }

  async described(tx: Tx, modelId: string, versions: readonly number[]): Promise<DescribedVersion[]> {
    const rows: unknown[] = await tx.query(
      `select ${describedColumns} from registry.model_version v join registry.registered_model m on m.id = v.model_id
         where v.model_id = $1 and v.version = any($2::bigint[]) and v.deleted_at is null order by v.version`,
      [modelId, versions],
    );
    return rows.map(toDescribedVersion);
  }

  /** Newest version of each stage, for several models at once. */
  async latestPerStage(tx: Tx, modelIds: readonly string[]): Promise<DescribedVersion[]> {
    const rows: unknown[] = await tx.query(
      `select ${describedColumns} from (
         select distinct on (model_id, stage) * from registry.model_version
           where model_id = any($1::text[]) and deleted_at is null order by model_id, stage, version desc
       ) v join registry.registered_model m on m.id = v.model_id order by v.model_id, v.version`,
      [modelIds],
    );
    return rows.map(toDescribedVersion);
  }

  async newest(tx: Tx, modelId: string, stage?: Stage): Promise<number | null> {
    const rows: { version: string | null }[] = await tx.query(
      `select max(version) as version from registry.model_version
         where model_id = $1 and deleted_at is null and ($2::text is null or stage = $2)`,
      [modelId, stage ?? null],
    );
    const version = rows[0]?.version ?? null;
    return version === null ? null : Number(version);
  }

  async inStage(tx: Tx, modelId: string, stage: Stage): Promise<number[]> {
    const rows: { version: string }[] = await tx.query(
      'select version from registry.model_version where model_id = $1 and stage = $2 and deleted_at is null order by version for update',
      [modelId, stage],
    );
    return rows.map(({ version }) => Number(version));
  }

  async insert(tx: Tx, version: NewVersion, files: readonly VersionFile[]): Promise<void> {
    await tx.query(
      `insert into registry.model_version (model_id, version, kind, stage, description, source, storage_uri, run_id, run_link, logged_model_id,
           owner_kind, owner_id, owner_path, manifest_digest, file_count, total_bytes, run_seal, registered_by, created_at, updated_at, user_id)
         values ($1, $2, $3, 'None', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19)`,
      [
        version.modelId,
        version.version,
        version.kind,
        version.description,
        version.source,
        version.storageUri,
        version.runId,
        version.runLink,
        version.loggedModelId,
        version.owner?.kind ?? null,
        version.owner?.id ?? null,
        version.owner?.path ?? null,
        version.manifestDigest,
        version.fileCount,
        version.totalBytes,
        version.runSeal === null ? null : JSON.stringify(version.runSeal),
        version.registeredBy,
        version.createdAt,
        version.userId,
      ],
    );
    if (files.length === 0) return;
    await tx.query(
      `insert into registry.version_file (model_id, version, path, blob_key, size, sha256)
         select $1, $2, f.path, f.blob_key, f.size, f.sha256
         from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) as f (path, blob_key, size, sha256)`,
      [
        version.modelId,
        version.version,
        files.map((file) => file.path),
        files.map((file) => file.blobKey),
        files.map((file) => file.size),
        files.map((file) => file.sha256),
      ],
    );
  }

  async files(tx: Tx, modelId: string, version: number): Promise<VersionFile[]> {
    const rows: { path: string; size: string; sha256: string; blobKey: string }[] = await tx.query(
      `select path, size, sha256, blob_key as "blobKey" from registry.version_file
         where model_id = $1 and version = $2 order by path collate "C"`,
      [modelId, version],
    );
    return rows.map(({ size, ...rest }) => ({ ...rest, size: Number(size) }));
  }

  async file(tx: Tx, modelId: string, version: number, path: string): Promise<VersionFile | null> {
    const rows: { path: string; size: string; sha256: string; blobKey: string }[] = await tx.query(
      `select path, size, sha256, blob_key as "blobKey" from registry.version_file where model_id = $1 and version = $2 and path = $3`,
      [modelId, version, path],
    );
    const [row] = rows;
    return row === undefined ? null : { ...row, size: Number(row.size) };
  }

  async setDescription(tx: Tx, modelId: string, version: number, description: string, at: Date): Promise<void> {
    await tx.query(
      'update registry.model_version set description = $3, updated_at = $4 where model_id = $1 and version = $2',
      [modelId, version, description, at],
    );
  }

  async setStage(tx: Tx, modelId: string, versions: readonly number[], stage: Stage, at: Date): Promise<void> {
    await tx.query(
      'update registry.model_version set stage = $3, updated_at = $4 where model_id = $1 and version = any($2::bigint[])',
      [modelId, versions, stage, at],
    );
  }

  /** The number stays taken, the manifest stays kept. */
  async markDeleted(tx: Tx, modelId: string, version: number, at: Date): Promise<void> {
    await tx.query('update registry.model_version set deleted_at = $3 where model_id = $1 and version = $2', [
      modelId,
      version,
      at,
    ]);
  }

  async setTag(tx: Tx, modelId: string, version: number, { key, value }: Tag): Promise<void> {
    await tx.query(
      `insert into registry.model_version_tag (model_id, version, key, value) values ($1, $2, $3, $4)
         on conflict (model_id, version, key) do update set value = excluded.value`,
      [modelId, version, key, value],
    );
  }

  /** False when there is no such tag. */
  async deleteTag(tx: Tx, modelId: string, version: number, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      'delete from registry.model_version_tag where model_id = $1 and version = $2 and key = $3',
      [modelId, version, key],
    );
    return count > 0;
  }

  /** The version that a caller registered under a key, with the digest of that request. */
  async registeredUnder(tx: Tx, actorId: string, key: string): Promise<Registration | null> {
    const rows: { modelId: string; version: string; requestSha256: string }[] = await tx.query(
      `select model_id as "modelId", version, request_sha256 as "requestSha256" from registry.registration_key
         where actor_id = $1 and key = $2`,
      [actorId, key],
    );
    const [row] = rows;
    return row === undefined ? null : { ...row, version: Number(row.version) };
  }

  /** False when the key was taken meanwhile, for another model. */
  async rememberKey(tx: Tx, actorId: string, key: string, made: Registration): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into registry.registration_key (actor_id, key, request_sha256, model_id, version) values ($1, $2, $3, $4, $5)
         on conflict (actor_id, key) do nothing returning 1`,
      [actorId, key, made.requestSha256, made.modelId, made.version],
    );
    return rows.length > 0;
  }
}
