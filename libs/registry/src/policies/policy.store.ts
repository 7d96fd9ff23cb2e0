import { type PolicyDocument, policyDocument } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** A policy that guards a pointer now. */
export interface Guard {
  policyId: string;
  policyName: string;
  policyVersionId: string;
}

export interface BoundPointer {
  modelId: string;
  model: string;
  pointer: string;
}

/** One row of the guards: a pointer under one policy. */
export interface GuardedPointer {
  modelId: string;
  pointer: string;
  policyId: string;
}

/** A model that a policy guards in whole environments. */
export interface EnvironmentGuard extends Guard {
  modelId: string;
  model: string;
  environments: readonly string[];
}

/** One published text with what it was bound to. */
export interface PolicyVersion {
  id: string;
  policyId: string;
  name: string;
  version: number;
  digest: string;
  text: string;
  document: PolicyDocument;
  guards: readonly BoundPointer[];
  publishedBy: string;
  publishedAt: Date;
  current: boolean;
}

export type NewPolicyVersion = Omit<PolicyVersion, 'name' | 'current'>;

const versionRow = z.object({
  id: z.string(),
  policy_id: z.string(),
  name: z.string(),
  version: z.coerce.number(),
  digest: z.string(),
  text: z.string(),
  document: policyDocument,
  guards: z.array(z.object({ modelId: z.string(), model: z.string(), pointer: z.string() })),
  published_by: z.string(),
  published_at: z.date(),
  current: z.boolean(),
});

/** What a version guards now; for one that holds no longer, or guards nothing, what it was published to guard. */
const guards = `coalesce((
    select jsonb_agg(jsonb_build_object('modelId', g.model_id, 'model', m.name, 'pointer', g.pointer) order by m.name, g.pointer)
      from registry.pointer_guard g join registry.registered_model m on m.id = g.model_id where g.policy_version_id = v.id
  ), v.guards) as guards`;

const select = `select v.id, v.policy_id, p.name, v.version, v.digest, v.text, v.document, ${guards}, v.published_by, v.published_at,
    v.version = (select max(newest.version) from registry.policy_version newest where newest.policy_id = v.policy_id) as current
  from registry.policy_version v join registry.policy p on p.id = v.policy_id`;

@Injectable()
export class PolicyStore {
  /** The policies that guard a pointer of a model, by name. */
  async guarding(tx: Tx, modelId: string, pointer: string): Promise<Guard[]> {
    return tx.query(
      `select p.id as "policyId", p.name as "policyName", v.id as "policyVersionId"
         from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id join registry.policy p on p.id = v.policy_id
         where g.model_id = $1 and g.pointer = $2 order by p.name`,
      [modelId, pointer],
    );
  }

  /** One of the pointers of a model that a policy guards, whether it holds something or not; null where there is none. */
  async guardedPointer(tx: Tx, modelId: string): Promise<{ pointer: string; policyName: string } | null> {
    const rows: { pointer: string; policyName: string }[] = await tx.query(
      `select g.pointer, p.name as "policyName"
         from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id join registry.policy p on p.id = v.policy_id
         where g.model_id = $1 order by g.pointer limit 1`,
      [modelId],
    );
    return rows[0] ?? null;
  }

  async versionById(tx: Tx, id: string): Promise<PolicyVersion | null> {
    return (await this.versionsById(tx, [id])).get(id) ?? null;
  }

  /** Several versions at once, by their ids. */
  async versionsById(tx: Tx, ids: readonly string[]): Promise<Map<string, PolicyVersion>> {
    const rows: unknown[] = await tx.query(`${select} where v.id = any($1::text[])`, [[...new Set(ids)]]);
    return new Map(rows.map(toVersion).map((version) => [version.id, version]));
  }

  /** The named version, or the newest one. */
  async find(tx: Tx, workspace: string, name: string, version?: number): Promise<PolicyVersion | null> {
    return one(
      await tx.query(
        `${select} where p.workspace = $1 and p.name = $2 and ($3::bigint is null or v.version = $3) order by v.version desc limit 1`,
        [workspace, name, version ?? null],
      ),
    );
  }

  /** The newest version of each policy, by name. */
  async current(tx: Tx, workspace: string): Promise<PolicyVersion[]> {
    const rows: unknown[] = await tx.query(
      `select * from (${select} where p.workspace = $1) as listed where current order by name limit 1000`,
      [workspace],
    );
    return rows.map(toVersion);
  }

  /** The policy's id, made where it is new; the row stays locked until the transaction ends. */
  async lockPolicy(
    tx: Tx,
    policy: { id: string; workspace: string; name: string; createdAt: Date },
  ): Promise<{ id: string; created: boolean }> {
    const made: unknown[] = await tx.query(
      `insert into registry.policy (id, workspace, name, created_at) values ($1, $2, $3, $4) on conflict (workspace, name) do nothing returning id`,
      [policy.id, policy.workspace, policy.name, policy.createdAt],
    );
    if (made.length > 0) return { id: policy.id, created: true };
    await this.lockNamed(tx, policy.workspace, policy.name);
    const [found]: { id: string }[] = await tx.query(
      'select id from registry.policy where workspace = $1 and name = $2',
      [policy.workspace, policy.name],
    );
    if (found === undefined) throw new Error(`policy ${policy.name} vanished`);
    return { id: found.id, created: false };
  }

  /** Holds a policy until the transaction ends. An advisory lock, because the role has no UPDATE right that a row lock would need. */
  async lockNamed(tx: Tx, workspace: string, name: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`policy ${workspace} ${name}`]);
  }

  async insertVersion(tx: Tx, version: NewPolicyVersion): Promise<void> {
    await tx.query(
      `insert into registry.policy_version (id, policy_id, version, digest, text, document, guards, published_by, published_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        version.id,
        version.policyId,
        version.version,
        version.digest,
        version.text,
        JSON.stringify(version.document),
        JSON.stringify(version.guards),
        version.publishedBy,
        version.publishedAt,
      ],
    );
  }

  /** Pointers that a policy guards now. */
  async guardsOf(tx: Tx, policyId: string): Promise<{ modelId: string; pointer: string }[]> {
    return tx.query(
      `select model_id as "modelId", pointer from registry.pointer_guard where policy_id = $1 order by model_id, pointer`,
      [policyId],
    );
  }

  /** What policies guard by environment: for each of their models, the environments that they name, by the models' names. */
  async environmentGuards(tx: Tx, workspace: string): Promise<EnvironmentGuard[]> {
    return tx.query(
      `select distinct g.model_id as "modelId", m.name as model, p.id as "policyId", p.name as "policyName", v.id as "policyVersionId",
           v.document #> '{guards,environments}' as environments
         from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id join registry.policy p on p.id = v.policy_id
           join registry.registered_model m on m.id = g.model_id
         where p.workspace = $1 and jsonb_array_length(coalesce(v.document #> '{guards,environments}', '[]')) > 0
         order by m.name, g.model_id, p.name`,
      [workspace],
    );
  }

  /** Whether the pinned data is a registered dataset version; `digest` as `sha256:<hex>`. */
  async datasetExists(tx: Tx, workspace: string, name: string, digest: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `select 1 from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id
         where d.workspace = $1 and d.name = $2 and v.digest = $3`,
      [workspace, name, digest.replace(/^sha256:/, '')],
    );
    return rows.length > 0;
  }

  async setGuard(tx: Tx, guard: GuardedPointer & { policyVersionId: string }): Promise<void> {
    await tx.query(
      `insert into registry.pointer_guard (model_id, pointer, policy_id, policy_version_id) values ($1, $2, $3, $4)
         on conflict (model_id, pointer, policy_id) do update set policy_version_id = excluded.policy_version_id`,
      [guard.modelId, guard.pointer, guard.policyId, guard.policyVersionId],
    );
  }

  async removeGuard(tx: Tx, { modelId, pointer, policyId }: GuardedPointer): Promise<void> {
    await tx.query('delete from registry.pointer_guard where model_id = $1 and pointer = $2 and policy_id = $3', [
      modelId,
      pointer,
      policyId,
    ]);
  }
}

function one(rows: readonly unknown[]): PolicyVersion | null {
  return rows.length === 0 ? null : toVersion(rows[0]);
}

function toVersion(row: unknown): PolicyVersion {
  const { policy_id: policyId, published_by: publishedBy, published_at: publishedAt, ...rest } = versionRow.parse(row);
  return { ...rest, policyId, publishedBy, publishedAt };
}
