import { likePatterns, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { BreakGlassRecord, Review } from './break-glass.js';

const breakGlassRow = z.object({
  id: z.string(),
  workspace: z.string(),
  modelId: z.string(),
  model: z.string(),
  pointer: z.string(),
  version: z.coerce.number(),
  from: z.union([z.null(), z.coerce.number()]),
  policies: z.array(z.object({ id: z.string(), name: z.string(), version: z.number() })),
  reason: z.string(),
  brokenBy: z.string(),
  brokenAt: z.date(),
  expiresAt: z.date(),
  reviewDueAt: z.date(),
  reviewRoles: z.array(z.string()),
  reviewedBy: z.string().nullable(),
  reviewedAt: z.date().nullable(),
  verdict: z.enum(['justified', 'unjustified']).nullable(),
  comment: z.string().nullable(),
  credential: z.enum(['password', 'token', 'oidc']).nullable(),
});

const select = `select b.id, b.workspace, b.model_id as "modelId", m.name as model, b.pointer, b.version, b.from_version as "from", b.reason,
    b.broken_by as "brokenBy", b.broken_at as "brokenAt", b.expires_at as "expiresAt", b.review_due_at as "reviewDueAt",
    b.reviewed_by as "reviewedBy", b.reviewed_at as "reviewedAt", b.verdict, b.comment, b.credential, bound.policies, bound."reviewRoles"
  from registry.break_glass b join registry.registered_model m on m.id = b.model_id
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'name', p.name, 'version', v.version) order by p.name), '[]') as policies,
          coalesce(jsonb_agg(distinct v.document #> '{breakGlass,review,role}'), '[]') as "reviewRoles"
        from registry.break_glass_policy r join registry.policy_version v on v.id = r.policy_version_id join registry.policy p on p.id = v.policy_id
        where r.break_glass_id = b.id) bound`;
const overdue = 'b.reviewed_by is null and least(b.review_due_at, b.expires_at) <= ';

export interface BreakGlassFilter {
  readonly model?: string | undefined;
  readonly state?: 'open' | 'overdue' | 'reviewed' | undefined;
  readonly limit: number;
  /** Patterns of models that are not shown. */
  readonly hidden: readonly string[];
  /** The last one before this page. */
  readonly after: { readonly at: Date; readonly id: string } | null;
}

@Injectable()
export class BreakGlassStore {
  async find(tx: Tx, workspace: string, id: string): Promise<BreakGlassRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where b.workspace = $1 and b.id = $2`, [workspace, id]);
    return rows.length === 0 ? null : toRecord(rows[0]);
  }

  /** As `find`, held until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<BreakGlassRecord | null> {
    await tx.query('select 1 from registry.break_glass where workspace = $1 and id = $2 for update', [workspace, id]);
    return this.find(tx, workspace, id);
  }

  async list(tx: Tx, workspace: string, filter: BreakGlassFilter, now: Date): Promise<BreakGlassRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where b.workspace = $1 and ($2::text is null or m.name = $2) and ($3::text is null
           or ($3 = 'reviewed' and b.reviewed_by is not null) or ($3 = 'open' and b.reviewed_by is null) or ($3 = 'overdue' and ${overdue} $4))
           and not (m.name like any($6::text[])) and ($7::timestamptz is null or (b.broken_at, b.id) < ($7, $8::text))
         order by b.broken_at desc, b.id desc limit $5`,
      [
        workspace,
        filter.model ?? null,
        filter.state ?? null,
        now,
        filter.limit,
        likePatterns(filter.hidden),
        filter.after?.at ?? null,
        filter.after?.id ?? null,
      ],
    );
    return rows.map(toRecord);
  }

  /** An emergency move of the pointer whose review is overdue; null where there is none. */
  async overdueOf(tx: Tx, modelId: string, pointer: string, now: Date): Promise<BreakGlassRecord | null> {
    const rows: unknown[] = await tx.query(
      `${select} where b.model_id = $1 and b.pointer = $2 and ${overdue} $3 order by b.broken_at limit 1`,
      [modelId, pointer, now],
    );
    return rows.length === 0 ? null : toRecord(rows[0]);
  }

  async insert(tx: Tx, record: BreakGlassRecord): Promise<void> {
    await tx.query(
      `insert into registry.break_glass (id, workspace, model_id, pointer, version, from_version, reason, broken_by, broken_at, expires_at, review_due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        record.id,
        record.workspace,
        record.modelId,
        record.pointer,
        record.version,
        record.from,
        record.reason,
        record.brokenBy,
        record.brokenAt,
        record.expiresAt,
        record.reviewDueAt,
      ],
    );
    await tx.query(
      'insert into registry.break_glass_policy (break_glass_id, policy_version_id) select $1::text, unnest($2::text[])',
      [record.id, record.policies.map(({ id }) => id)],
    );
  }

  async review(tx: Tx, id: string, { by, at, verdict, comment, credential }: Review): Promise<void> {
    await tx.query(
      `update registry.break_glass set reviewed_by = $2, reviewed_at = $3, verdict = $4, comment = $5, credential = $6 where id = $1`,
      [id, by, at, verdict, comment, credential],
    );
  }

  /** Takes some overdue ones whose last alarm is older than a time, and notes the alarm: nobody else takes them meanwhile. */
  async takeForAlarm(
    tx: Tx,
    now: Date,
    alarmedBefore: Date,
    limit: number,
  ): Promise<{ id: string; workspace: string }[]> {
    const [rows]: [{ id: string; workspace: string }[], number] = await tx.query(
      `update registry.break_glass set alarmed_at = $1 where id in (
           select b.id from registry.break_glass b where ${overdue} $1 and (b.alarmed_at is null or b.alarmed_at <= $2)
             order by b.review_due_at limit $3 for update skip locked)
         returning id, workspace`,
      [now, alarmedBefore, limit],
    );
    return rows;
  }
}

function toRecord(row: unknown): BreakGlassRecord {
  const { reviewedBy: by, reviewedAt: at, verdict, comment, credential, ...rest } = breakGlassRow.parse(row);
  const review =
    by === null || at === null || verdict === null || comment === null || credential === null
      ? null
      : { by, at, verdict, comment, credential };
  return { ...rest, review };
}
