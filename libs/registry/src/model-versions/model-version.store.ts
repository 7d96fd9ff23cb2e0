import { blockBytes } from '@assay/platform/artifacts';
import { inTransaction, type Tx } from '@assay/platform/database';
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

/** A version and what is written with it. */
export interface Registered {
  readonly version: NewVersion;
  readonly files: readonly VersionFile[];
  readonly tags: readonly Tag[];
}

const columns = `model_id, version, kind, description, source, storage_uri, run_id, run_link, logged_model_id, owner_kind, owner_id, owner_path,
    manifest_digest, file_count, total_bytes, run_seal, copied_from_model_id, copied_from_version, registered_by, user_id, created_at`;

const latestOfStages = {
  name: 'model-versions-latest-of-stages',
  text: `select ${describedColumns} from (
      select distinct on (model_id, stage) * from registry.model_version
        where model_id = any($1::text[]) and deleted_at is null order by model_id, stage, version desc
    ) v join registry.registered_model m on m.id = v.model_id order by v.model_id, v.version`,
};

const insertVersions = {
  name: 'model-versions-insert',
  text: `with version as (
      insert into registry.model_version (${columns}, updated_at, stage)
        select ${columns}, created_at, 'None' from jsonb_to_recordset($1::jsonb) as given (model_id text, version bigint, kind text,
          description text, source text, storage_uri text, run_id text, run_link text, logged_model_id text, owner_kind text, owner_id text,
          owner_path text, manifest_digest text, file_count bigint, total_bytes bigint, run_seal jsonb, copied_from_model_id text,
          copied_from_version bigint, registered_by text, user_id text, created_at timestamptz)),
    file as (
      insert into registry.version_file (model_id, version, path, blob_key, size, sha256)
        select * from unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[])),
    block as (
      insert into registry.blob_block (blob_key, size, sha256)
        select distinct on (blob_key) blob_key, size, sha256 from unnest($5::text[], $6::bigint[], $7::text[]) as f (blob_key, size, sha256)
          where size > ${blockBytes} order by blob_key
        on conflict (blob_key) do nothing)
    insert into registry.model_version_tag (model_id, version, key, value)
      select * from unnest($8::text[], $9::bigint[], $10::text[], $11::text[])`,
};

function toRow(version: NewVersion) {
  const { owner } = version;
  return {
    model_id: version.modelId,
    version: version.version,
    kind: version.kind,
    description: version.description,
    source: version.source,
    storage_uri: version.storageUri,
    run_id: version.runId,
    run_link: version.runLink,
    logged_model_id: version.loggedModelId,
    owner_kind: owner?.kind ?? null,
    owner_id: owner?.id ?? null,
    owner_path: owner?.path ?? null,
    manifest_digest: version.manifestDigest,
    file_count: version.fileCount,
    total_bytes: version.totalBytes,
    run_seal: version.runSeal,
    copied_from_model_id: version.copiedFrom?.modelId ?? null,
    copied_from_version: version.copiedFrom?.version ?? null,
    registered_by: version.registeredBy,
    user_id: version.userId,
    created_at: version.createdAt.toISOString(),
  };
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
    return (await inTransaction(tx).run(latestOfStages, [modelIds])).map(toDescribedVersion);
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

  /** Versions with all that is registered with them, in one statement: nobody can add a file later. */
  async insertAll(tx: Tx, versions: readonly Registered[]): Promise<void> {
    const ofEach = <T>(list: (each: Registered) => readonly T[]) =>
      versions.flatMap((each) =>
        list(each).map((item) => ({ ...item, modelId: each.version.modelId, version: each.version.version })),
      );
    const files = ofEach(({ files: all }) => all);
    const tags = ofEach(({ tags: all }) => all);
    await inTransaction(tx).run(insertVersions, [
      JSON.stringify(versions.map(({ version }) => toRow(version))),
      files.map((file) => file.modelId),
      files.map((file) => file.version),
      files.map((file) => file.path),
      files.map((file) => file.blobKey),
      files.map((file) => file.size),
      files.map((file) => file.sha256),
      tags.map((tag) => tag.modelId),
      tags.map((tag) => tag.version),
      tags.map((tag) => tag.key),
      tags.map((tag) => tag.value),
    ]);
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
  async rememberKey(tx: Tx, actorId: string, key: string, made: Registration, createdAt: Date): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into registry.registration_key (actor_id, key, request_sha256, model_id, version, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (actor_id, key) do nothing returning 1`,
      [actorId, key, made.requestSha256, made.modelId, made.version, createdAt],
    );
    return rows.length > 0;
  }

  /** Takes the oldest keys away, among those of before a time; answers how many. */
  async forgetKeys(tx: Tx, before: Date, most: number): Promise<number> {
    const [, count]: [unknown, number] = await tx.query(
      `delete from registry.registration_key k using (
           select actor_id, key from registry.registration_key where created_at < $1 order by created_at limit $2) as old
         where k.actor_id = old.actor_id and k.key = old.key`,
      [before, most],
    );
    return count;
  }
}
