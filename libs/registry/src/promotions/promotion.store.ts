import { promotionGate, promotionStates } from '@assay/contracts';
import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Decision, PromotionRecord, WantedMove } from './promotion.js';

const promotionRow = z.object({
  id: z.string(),
  workspace: z.string(),
  moves: z.array(
    z.object({
      modelId: z.string(),
      model: z.string(),
      pointer: z.string(),
      version: z.number(),
      expectedHolder: z.number().nullable(),
      manifestDigest: z.string(),
      policyVersionIds: z.array(z.string()),
    }),
  ),
  via: z.enum(['promotion', 'rollback']),
  reason: z.string(),
  requestedBy: z.string(),
  mayNotApprove: z.array(z.string()),
  requestedAt: z.date(),
  expiresAt: z.date(),
  state: z.enum(promotionStates),
  binding: z.string(),
  gates: z.array(promotionGate),
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

const moves = `select jsonb_agg(jsonb_build_object('modelId', w.model_id, 'model', m.name, 'pointer', w.pointer, 'version', w.version,
      'expectedHolder', w.expected_holder, 'manifestDigest', w.manifest_digest, 'policyVersionIds', (
        select coalesce(jsonb_agg(b.policy_version_id order by b.policy_version_id), '[]') from registry.promotion_policy b
          where b.promotion_id = w.promotion_id and b.position = w.position)) order by w.position)
    from registry.promotion_move w join registry.registered_model m on m.id = w.model_id where w.promotion_id = p.id`;
const select = `select p.id, p.workspace, (${moves}) as moves, p.via, p.reason, p.requested_by as "requestedBy",
    case when p.state in ('applied', 'refused', 'withdrawn', 'expired', 'superseded') then p.may_not_approve else (
      select jsonb_agg(distinct barred order by barred) from (
        select jsonb_array_elements_text(p.may_not_approve) as barred union select registry.promotion_authors(p.id)) as b)
    end as "mayNotApprove", p.requested_at as "requestedAt", p.expires_at as "expiresAt", p.state, p.binding, p.gates, p.outcome,
    p.updated_at as "updatedAt"
  from registry.promotion p`;
const undecided = `p.state in ('open', 'checking', 'awaiting_approval')`;

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
   * Lets one transaction at a time decide on a workspace's requests. Requests are tied to each other by the pointers that they share, so that
   * ending one leads to others: with one lock, taken before any of their rows, nobody can wait for somebody in a circle.
   */
  async lockDecisions(tx: Tx, workspace: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`promotions ${workspace}`]);
  }

  async find(tx: Tx, workspace: string, id: string): Promise<PromotionRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where p.workspace = $1 and p.id = $2`, [workspace, id]);
    return rows.length === 0 ? null : promotionRow.parse(rows[0]);
  }

  async list(tx: Tx, workspace: string, filter: PromotionFilter): Promise<PromotionRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where p.workspace = $1 and ($4::text is null or p.state = $4 or ($4 = 'undecided' and ${undecided}))
         and ($2::text is null and $3::text is null or exists (
           select from registry.promotion_move w join registry.registered_model m on m.id = w.model_id
             where w.promotion_id = p.id and ($2::text is null or m.name = $2) and ($3::text is null or w.pointer = $3)))
         and ($6::text is null or p.requested_by = $6) and ($7::timestamptz is null or (p.requested_at, p.id) < ($7, $8::text))
         and not exists (
           select from registry.promotion_move w join registry.registered_model m on m.id = w.model_id
             where w.promotion_id = p.id and m.name like any($9::text[]))
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

  /** Undecided requests that move one of some pointers, oldest first. */
  async undecided(tx: Tx, pointers: readonly Pick<WantedMove, 'modelId' | 'pointer'>[]): Promise<PromotionRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where ${undecided} and exists (
           select from registry.promotion_move w join unnest($1::text[], $2::text[]) as asked (model_id, pointer) using (model_id, pointer)
             where w.promotion_id = p.id) order by p.requested_at, p.id`,
      [pointers.map(({ modelId }) => modelId), pointers.map(({ pointer }) => pointer)],
    );
    return rows.map((row) => promotionRow.parse(row));
  }

  /** Requests whose gates look at a version's evaluations and wait for them. */
  async waitingFor(tx: Tx, modelId: string, version: number): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select p.id, p.workspace from registry.promotion p where p.state in ('checking', 'awaiting_approval') and exists (
           select from registry.promotion_move w
             where w.promotion_id = p.id and w.model_id = $1 and (w.version = $2 or w.expected_holder = $2)) order by p.id`,
      [modelId, version],
    );
  }

  /** The first of some moves whose model or version is gone. */
  async gone(tx: Tx, promotionId: string): Promise<{ model: string; version: number | null } | null> {
    const rows: { model: string; version: string | null }[] = await tx.query(
      `select m.name as model, case when m.deleted_at is null then v.version end as version
         from registry.promotion_move w join registry.registered_model m on m.id = w.model_id
           join registry.model_version v on v.model_id = w.model_id and v.version = w.version
         where w.promotion_id = $1 and (m.deleted_at is not null or v.deleted_at is not null) order by w.position limit 1`,
      [promotionId],
    );
    const [found] = rows;
    return found === undefined
      ? null
      : { model: found.model, version: found.version === null ? null : Number(found.version) };
  }

  /** Undecided requests whose time is over, or one of whose versions or models is gone: some of them, by id, behind one. */
  async due(tx: Tx, now: Date, afterId: string, limit: number): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select p.id, p.workspace from registry.promotion p where ${undecided} and p.id > $2 and (p.expires_at <= $1 or exists (
           select from registry.promotion_move w join registry.registered_model m on m.id = w.model_id
             join registry.model_version v on v.model_id = w.model_id and v.version = w.version
             where w.promotion_id = p.id and (v.deleted_at is not null or m.deleted_at is not null)))
         order by p.id limit $3`,
      [now, afterId, limit],
    );
  }

  /** Writes a new request, its moves, and which policy texts each of them is bound to. */
  async insert(tx: Tx, promotion: PromotionRecord): Promise<void> {
    await tx.query(
      `insert into registry.promotion (id, workspace, via, reason, requested_by, may_not_approve, requested_at, expires_at, state,
           binding, gates, outcome, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        promotion.id,
        promotion.workspace,
        promotion.via,
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
      ],
    );
    const wanted = JSON.stringify(promotion.moves.map((move, position) => ({ position, ...move })));
    await tx.query(
      `insert into registry.promotion_move (promotion_id, position, model_id, pointer, version, expected_holder, manifest_digest)
         select $1::text, position, "modelId", pointer, version, "expectedHolder", "manifestDigest" from jsonb_to_recordset($2::jsonb)
           as w (position bigint, "modelId" text, pointer text, version bigint, "expectedHolder" bigint, "manifestDigest" text)`,
      [promotion.id, wanted],
    );
    await tx.query(
      `insert into registry.promotion_policy (promotion_id, position, policy_version_id)
         select $1::text, w.position, b.id from jsonb_to_recordset($2::jsonb) as w (position bigint, "policyVersionIds" jsonb)
           cross join lateral jsonb_array_elements_text(w."policyVersionIds") as b (id)`,
      [promotion.id, wanted],
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
