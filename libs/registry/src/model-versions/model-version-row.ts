import { type ModelVersionView, type Stage, stages } from '@assay/pure/mlflow-wire';
import { z } from 'zod';
import type { DescribedVersion, ModelVersion } from './model-version.js';

const sha256 = z.string();
const count = z.coerce.number();

const row = z.object({
  model_id: z.string(),
  version: count,
  kind: z.enum(['sealed', 'unsealed', 'external']),
  stage: z.enum(stages),
  description: z.string().nullable(),
  source: z.string(),
  storage_uri: z.string(),
  run_id: z.string().nullable(),
  run_link: z.string().nullable(),
  logged_model_id: z.string().nullable(),
  owner_kind: z.enum(['run', 'logged_model']).nullable(),
  owner_id: z.string().nullable(),
  owner_path: z.string().nullable(),
  manifest_digest: sha256.nullable(),
  file_count: count,
  total_bytes: count,
  run_seal: z
    .object({
      runId: z.string(),
      params: sha256,
      tags: sha256,
      metrics: sha256,
      inputs: sha256,
      artifacts: sha256.nullable(),
    })
    .nullable(),
  copied_from_model_id: z.string().nullable(),
  copied_from_version: z.union([z.null(), count]),
  registered_by: z.string(),
  user_id: z.string().nullable(),
  created_at: z.date(),
  updated_at: z.date(),
  deleted_at: z.date().nullable(),
});

const describedRow = row.extend({
  name: z.string(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
  aliases: z.array(z.string()),
});

function fromRow(data: z.infer<typeof row>): ModelVersion {
  const owner =
    data.owner_kind === null || data.owner_id === null || data.owner_path === null
      ? null
      : { kind: data.owner_kind, id: data.owner_id, path: data.owner_path };
  const { copied_from_model_id: copiedModel, copied_from_version: copiedVersion } = data;
  return {
    modelId: data.model_id,
    version: data.version,
    kind: data.kind,
    stage: data.stage,
    description: data.description,
    source: data.source,
    storageUri: data.storage_uri,
    runId: data.run_id,
    runLink: data.run_link,
    loggedModelId: data.logged_model_id,
    owner,
    manifestDigest: data.manifest_digest,
    fileCount: data.file_count,
    totalBytes: data.total_bytes,
    runSeal: data.run_seal,
    copiedFrom:
      copiedModel === null || copiedVersion === null ? null : { modelId: copiedModel, version: copiedVersion },
    registeredBy: data.registered_by,
    userId: data.user_id,
    createdAt: data.created_at,
    updatedAt: data.updated_at,
    deletedAt: data.deleted_at,
  };
}

export function toModelVersion(data: unknown): ModelVersion {
  return fromRow(row.parse(data));
}

export function toDescribedVersion(data: unknown): DescribedVersion {
  const { name, tags, aliases, ...rest } = describedRow.parse(data);
  return { ...fromRow(rest), name, tags, aliases };
}

/** Columns of a described version, over `v` (the version) and `m` (its model). */
export const describedColumns = `v.*, m.name,
  coalesce((select jsonb_agg(jsonb_build_object('key', t.key, 'value', t.value) order by t.key)
    from registry.model_version_tag t where t.model_id = v.model_id and t.version = v.version), '[]') as tags,
  coalesce((select jsonb_agg(p.name order by p.name)
    from registry.pointer p where p.model_id = v.model_id and p.version = v.version and p.name not like 'stage:%'), '[]') as aliases`;

/**
 * What an answer shows of a version, over `v` (the version) and `m` (its model): plain values and no more, because pages hold hundreds. Numbers are
 * floats, which hold every version and millisecond exactly and cost both sides less than decimals and bigints do.
 */
export const viewColumns = `m.id as model_id, m.name, v.version, round(date_part('epoch', v.created_at) * 1000) as created_ms,
  round(date_part('epoch', v.updated_at) * 1000) as updated_ms, v.stage, v.description, v.source, v.run_id, v.run_link, v.logged_model_id,
  coalesce(v.user_id, v.registered_by) as user_id`;

/**
 * What stands behind `page`, the first of a statement's WITH: its rows, of which the first brings the tags and aliases of all. Each is read once for
 * the whole page, whatever the planner believes, and joined to nothing: the planner can't choose a way to join that reads it for every row.
 */
export const viewsOfPage = `, asked as materialized (select model_id, name, array_agg(version) as versions from page group by model_id, name)
  select name, version::float8, created_ms, updated_ms, stage, description, source, run_id, run_link, logged_model_id, user_id,
      case when place = 1 then (
        select json_agg(json_build_array(asked.name, t.version, t.key, t.value) order by t.key) from asked cross join lateral (
          select t.version, t.key, t.value from registry.model_version_tag t
            where t.model_id = asked.model_id and t.version = any(asked.versions) offset 0) t) end as tags,
      case when place = 1 then (
        select json_agg(json_build_array(asked.name, a.version, a.name) order by a.name) from asked cross join lateral (
          select a.version, a.name from registry.pointer a
            where a.model_id = asked.model_id and a.version = any(asked.versions) and a.name not like 'stage:%' offset 0) a) end as aliases
    from page order by place`;

export interface ViewRow {
  readonly name: string;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly stage: Stage;
  readonly description: string | null;
  readonly source: string;
  readonly run_id: string | null;
  readonly run_link: string | null;
  readonly logged_model_id: string | null;
  readonly user_id: string;
  /** Of the whole page, on its first row. */
  readonly tags: [model: string, version: number, key: string, value: string][] | null;
  readonly aliases: [model: string, version: number, name: string][] | null;
}

export function toVersionViews(rows: readonly ViewRow[]): ModelVersionView[] {
  const tags = Map.groupBy(rows[0]?.tags ?? [], ofVersion);
  const aliases = Map.groupBy(rows[0]?.aliases ?? [], ofVersion);
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    createdAt: new Date(row.created_ms),
    updatedAt: new Date(row.updated_ms),
    stage: row.stage,
    description: row.description,
    source: row.source,
    runId: row.run_id,
    runLink: row.run_link,
    userId: row.user_id,
    loggedModelId: row.logged_model_id,
    tags: within(tags, row).map(([, , key, value]) => ({ key, value })),
    aliases: within(aliases, row).map(([, , name]) => name),
  }));
}

function ofVersion([model, version]: readonly [model: string, version: number, ...unknown[]]): string {
  return `${version} ${model}`;
}

function within<T>(groups: ReadonlyMap<string, T[]>, { name, version }: ViewRow): readonly T[] {
  return (groups.size === 0 ? undefined : groups.get(ofVersion([name, version]))) ?? [];
}
