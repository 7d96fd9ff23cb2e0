import { type Tx, likePatterns } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { PointerScope } from './environment.js';

const servingRow = z.object({
  modelId: z.string(),
  model: z.string(),
  pointer: z.string(),
  version: z.coerce.number(),
  manifestDigest: z.string().nullable(),
  via: z.string(),
  actorId: z.string(),
  actorKind: z.string(),
  onBehalfOf: z.string().nullable(),
  reason: z.string().nullable(),
  movedAt: z.date(),
  requestId: z.string().nullable(),
  requestedBy: z.string().nullable(),
  policyVersionIds: z.array(z.string()),
  verdict: z.string().nullable(),
  reviewDueAt: z.date().nullable(),
  emergencyEndsAt: z.date().nullable(),
});

const approvalRow = z.object({
  requestId: z.string(),
  by: z.string(),
  role: z.string(),
  at: z.date(),
  comment: z.string(),
  /** The policy texts for which it counted. */
  policyVersionIds: z.array(z.string()),
});

const policyRow = z.object({ id: z.string(), name: z.string(), version: z.coerce.number(), digest: z.string() });

export type ServingRow = z.infer<typeof servingRow>;
export type CountedApproval = z.infer<typeof approvalRow>;
export type DecidingPolicy = z.infer<typeof policyRow>;

export interface ServingQuery {
  readonly workspace: string;
  readonly scope: PointerScope;
  readonly model: string | null;
  /** Patterns of the models that the caller may not read. */
  readonly hidden: readonly string[];
  readonly asOf: Date | null;
  readonly limit: number;
  /** Model name, pointer and model id of the last one before this page. */
  readonly after: readonly [model: string, pointer: string, modelId: string] | null;
}

/** Reads what pointers hold from the ledger, with the request, the approvals and the rules behind each move. */
@Injectable()
export class ServingStore {
  /** What each pointer of a scope held at an instant, or holds now: its last move until then says so. */
  async holders(tx: Tx, query: ServingQuery): Promise<ServingRow[]> {
    const [model, pointer, modelId] = query.after ?? [null, null, null];
    const rows: unknown[] = await tx.query(
      `select m.id as "modelId", m.name as model, p.name as pointer, moved.to_version as version, v.manifest_digest as "manifestDigest",
           moved.via, moved.actor_id as "actorId", moved.actor_kind as "actorKind", moved.on_behalf_of as "onBehalfOf",
           moved.reason, moved.moved_at as "movedAt", moved.request_id as "requestId", r.requested_by as "requestedBy",
           (select coalesce(jsonb_agg(b.policy_version_id order by b.policy_version_id), '[]') from (
              select q.policy_version_id from registry.promotion_move w join registry.promotion_policy q using (promotion_id, position)
                where w.promotion_id = moved.request_id and w.model_id = moved.model_id and w.pointer = moved.pointer
              union all select policy_version_id from registry.break_glass_policy where break_glass_id = moved.request_id) b) as "policyVersionIds",
           e.verdict as "verdict", e.review_due_at as "reviewDueAt", e.expires_at as "emergencyEndsAt"
         from registry.registered_model m
           join registry.pointer p on p.model_id = m.id and (p.name = any($2::text[])) <> $3::boolean
           join lateral (
             select * from registry.pointer_move l where l.model_id = p.model_id and l.pointer = p.name
               and ($5::timestamptz is null or l.moved_at <= $5) order by l.sequence desc limit 1
           ) moved on moved.to_version is not null
           join registry.model_version v on v.model_id = m.id and v.version = moved.to_version
           left join registry.promotion r on r.id = moved.request_id
           left join registry.break_glass e on e.id = moved.request_id
         where m.workspace = $1 and ($4::text is null or m.name = $4) and not m.name like any($10::text[])
           and ($6::text is null or (m.name, p.name, m.id) > ($6, $7::text, $8::text))
         order by m.name, p.name, m.id limit $9`,
      [
        query.workspace,
        query.scope.names,
        query.scope.others,
        query.model,
        query.asOf,
        model,
        pointer,
        modelId,
        query.limit,
        likePatterns(query.hidden),
      ],
    );
    return rows.map((row) => servingRow.parse(row));
  }

  /** Whether the workspace has, or had, a model of this name. */
  async knowsModel(tx: Tx, workspace: string, name: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select 1 from registry.registered_model where workspace = $1 and name = $2 limit 1',
      [workspace, name],
    );
    return rows.length > 0;
  }

  /** Approvals that counted when requests were applied, oldest first. An applied request never changes, so these are those of then. */
  async approvals(tx: Tx, requestIds: readonly string[]): Promise<CountedApproval[]> {
    const rows: unknown[] = await tx.query(
      `select d.promotion_id as "requestId", d.actor_id as by, d.role, d.decided_at as at, d.comment,
           array(select jsonb_object_keys(d.counts)) as "policyVersionIds"
         from registry.promotion_decision d join registry.promotion r on r.id = d.promotion_id
         where r.id = any($1::text[]) and d.decision = 'approve' and d.voided_at is null and d.binding = r.binding
         order by d.decided_at, d.id`,
      [requestIds],
    );
    return rows.map((row) => approvalRow.parse(row));
  }

  async policies(tx: Tx, versionIds: readonly string[]): Promise<DecidingPolicy[]> {
    const rows: unknown[] = await tx.query(
      `select v.id, p.name, v.version, v.digest from registry.policy_version v join registry.policy p on p.id = v.policy_id
         where v.id = any($1::text[]) order by p.name, v.version`,
      [versionIds],
    );
    return rows.map((row) => policyRow.parse(row));
  }
}
