import { gateResult, promotionStates } from '@assay/contracts';
import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Decision, PromotionRecord } from './promotion.js';

const promotionRow = z.object({
  id: z.string(),
  workspace: z.string(),
  modelId: z.string(),
  model: z.string(),
  pointer: z.string(),
  via: z.enum(['promotion', 'rollback']),
  version: z.coerce.number(),
  expectedHolder: z.union([z.null(), z.coerce.number()]),
  policyVersionIds: z.array(z.string()),
  manifestDigest: z.string(),
  reason: z.string(),
  requestedBy: z.string(),
  mayNotApprove: z.array(z.string()),
  requestedAt: z.date(),
  expiresAt: z.date(),
  state: z.enum(promotionStates),
  binding: z.string(),
  gates: z.array(gateResult),
  outcome: z.string().nullable(),
  updatedAt: z.date(),
});

const decisionRow = z.object({
  id: z.string(),
  promotionId: z.string(),
  decision: z.enum(['approve', 'refuse']),
  actorId: z.string(),
  role: z.string(),
  counts: z.record(z.string(), z.string()),
  comment: z.string(),
  credential: z.enum(['password', 'token', 'oidc']),
  binding: z.string(),
  decidedAt: z.date(),
  voidedAt: z.date().nullable(),
});

const select = `select p.id, p.workspace, p.model_id as "modelId", m.name as model, p.pointer, p.via, p.version, p.expected_holder as "expectedHolder",
    (select coalesce(jsonb_agg(b.policy_version_id order by b.policy_version_id), '[]') from registry.promotion_policy b
      where b.promotion_id = p.id) as "policyVersionIds", p.manifest_digest as "manifestDigest", p.reason, p.requested_by as "requestedBy",
    case when p.state in ('applied', 'refused', 'withdrawn', 'expired', 'superseded') then p.may_not_approve else (
      select jsonb_agg(distinct barred order by barred) from (
        select jsonb_array_elements_text(p.may_not_approve) as barred union select registry.author_ids(p.model_id, p.version)) as b)
    end as "mayNotApprove", p.requested_at as "requestedAt", p.expires_at as "expiresAt", p.state, p.binding, p.gates, p.outcome,
    p.updated_at as "updatedAt"
  from registry.promotion p join registry.registered_model m on m.id = p.model_id`;

export interface PromotionFilter {
  model?: string | undefined;
  pointer?: string | undefined;
  state?: string | undefined;
  requestedBy?: string | undefined;
  /** Patterns of models that are not shown. */
  hidden: readonly string[];
  limit: number;
  /** The last one before this page. */
  after: { at: Date; id: string } | null;
}

@Injectable()
export class PromotionStore {
  /**
   * Lets one transaction at a time decide on a pointer's requests. Taken before any of their rows, so that the request that is applied and
   * those that it supersedes can't wait for each other.
   */
  async lockPointer(tx: Tx, modelId: string, pointer: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`promotion ${modelId} ${pointer}`]);
  }

  async find(tx: Tx, workspace: string, id: string): Promise<PromotionRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where p.workspace = $1 and p.id = $2`, [workspace, id]);
    return rows.length === 0 ? null : promotionRow.parse(rows[0]);
  }

  async list(tx: Tx, workspace: string, filter: PromotionFilter): Promise<PromotionRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where p.workspace = $1 and ($2::text is null or m.name = $2) and ($3::text is null or p.pointer = $3)
         and ($4::text is null or p.state = $4 or ($4 = 'undecided' and p.state in ('open', 'checking', 'awaiting_approval')))
         and ($6::text is null or p.requested_by = $6) and ($7::timestamptz is null or (p.requested_at, p.id) < ($7, $8::text))
         and not (m.name like any($9::text[]))
         order by p.requested_at desc, p.id desc limit $5`,
      [
        workspace,
        filter.model ?? null,
        filter.pointer ?? null,
        filter.state ?? null,
        filter.limit,
        filter.requestedBy ?? null,
        filter.after?.at ?? null,
        filter.after?.id ?? null,
        likePatterns(filter.hidden),
      ],
    );
    return rows.map((row) => promotionRow.parse(row));
  }

  /** Undecided requests of a pointer, oldest first. */
  async undecided(tx: Tx, modelId: string, pointer: string): Promise<PromotionRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where p.model_id = $1 and p.pointer = $2 and p.state in ('open', 'checking', 'awaiting_approval') order by p.requested_at, p.id`,
      [modelId, pointer],
    );
    return rows.map((row) => promotionRow.parse(row));
  }

  /** Requests whose gates look at a version's evaluations and wait for them. */
  async waitingFor(tx: Tx, modelId: string, version: number): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select id, workspace from registry.promotion
         where model_id = $1 and state in ('checking', 'awaiting_approval') and (version = $2 or expected_holder = $2) order by pointer, id`,
      [modelId, version],
    );
  }

  async modelGone(tx: Tx, modelId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select 1 from registry.registered_model where id = $1 and deleted_at is not null',
      [modelId],
    );
    return rows.length > 0;
  }

  /** Undecided requests whose time is over, or whose version or model is gone: some of them, by id, behind one. */
  async due(tx: Tx, now: Date, afterId: string, limit: number): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select p.id, p.workspace from registry.promotion p
           join registry.model_version v on v.model_id = p.model_id and v.version = p.version
           join registry.registered_model m on m.id = p.model_id
         where p.state in ('open', 'checking', 'awaiting_approval') and p.id > $2
           and (p.expires_at <= $1 or v.deleted_at is not null or m.deleted_at is not null)
         order by p.id limit $3`,
      [now, afterId, limit],
    );
  }

  /** Writes a new request, and which policy texts it is bound to. */
  async insert(tx: Tx, promotion: PromotionRecord): Promise<void> {
    await tx.query(
      `insert into registry.promotion (id, workspace, model_id, pointer, version, expected_holder, manifest_digest, reason,
           requested_by, may_not_approve, requested_at, expires_at, state, binding, gates, outcome, updated_at, via)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
      [
        promotion.id,
        promotion.workspace,
        promotion.modelId,
        promotion.pointer,
        promotion.version,
        promotion.expectedHolder,
        promotion.manifestDigest,
        promotion.reason,
        promotion.requestedBy,
        JSON.stringify(promotion.mayNotApprove),
        promotion.requestedAt,
        promotion.expiresAt,
        promotion.state,
        promotion.binding,
        JSON.stringify(promotion.gates),
        promotion.outcome,
        promotion.updatedAt,
        promotion.via,
      ],
    );
    await tx.query(
      'insert into registry.promotion_policy (promotion_id, policy_version_id) select $1::text, unnest($2::text[])',
      [promotion.id, promotion.policyVersionIds],
    );
  }

  async update(
    tx: Tx,
    promotion: Pick<PromotionRecord, 'id' | 'state' | 'binding' | 'gates' | 'outcome' | 'updatedAt'>,
  ): Promise<void> {
    await tx.query(
      'update registry.promotion set state = $2, binding = $3, gates = $4, outcome = $5, updated_at = $6 where id = $1',
      [
        promotion.id,
        promotion.state,
        promotion.binding,
        JSON.stringify(promotion.gates),
        promotion.outcome,
        promotion.updatedAt,
      ],
    );
  }

  /** The decisions on several requests, by the request's id; each request's oldest first. */
  async decisions(tx: Tx, promotionIds: readonly string[]): Promise<Map<string, Decision[]>> {
    const rows: unknown[] = await tx.query(
      `select id, promotion_id as "promotionId", decision, actor_id as "actorId", role, counts, comment, credential, binding, decided_at as "decidedAt",
           voided_at as "voidedAt"
         from registry.promotion_decision where promotion_id = any($1::text[]) order by decided_at, id`,
      [promotionIds],
    );
    const found = new Map<string, Decision[]>(promotionIds.map((id) => [id, []]));
    for (const row of rows) {
      const { promotionId, ...decision } = decisionRow.parse(row);
      found.get(promotionId)?.push(decision);
    }
    return found;
  }

  async insertDecision(tx: Tx, promotionId: string, decision: Decision): Promise<void> {
    await tx.query(
      `insert into registry.promotion_decision (id, promotion_id, decision, actor_id, role, comment, credential, binding, decided_at, counts)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        decision.id,
        promotionId,
        decision.decision,
        decision.actorId,
        decision.role,
        decision.comment,
        decision.credential,
        decision.binding,
        decision.decidedAt,
        JSON.stringify(decision.counts),
      ],
    );
  }

  async voidDecisions(tx: Tx, ids: readonly string[], at: Date): Promise<void> {
    await tx.query('update registry.promotion_decision set voided_at = $2 where id = any($1::text[])', [ids, at]);
  }
}
