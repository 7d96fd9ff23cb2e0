import { z } from 'zod';
import type { GovernedSequence } from './governed-sequence.builder.js';

type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

const move = z.object({
  pointer: z.string(),
  sequence: z.number(),
  from: z.number().nullable(),
  to: z.number().nullable(),
  at: z.coerce.date(),
});
export type SeenMove = z.infer<typeof move>;

const seen = z.object({
  ungoverned: z.array(z.unknown()),
  torn: z.array(z.string()),
  applied: z.array(
    z.object({
      id: z.string(),
      versions: z.array(z.number()),
      requestedBy: z.string(),
      approvers: z.array(z.string()),
    }),
  ),
  moves: z.array(move),
  held: z.array(z.object({ pointer: z.string(), version: z.number().nullable() })),
});
export type Seen = z.infer<typeof seen>;

/** Moves of guarded pointers that no valid request and no rule for emergencies stands behind, told without the database's own functions. */
const look = `select jsonb_build_object(
  'ungoverned', (select coalesce(jsonb_agg(to_jsonb(l)), '[]') from registry.pointer_move l where l.model_id = $1 and l.pointer <> 'sandbox' and not (
      l.via in ('promotion', 'rollback') and exists (
        select from registry.promotion p join registry.promotion_move w on w.promotion_id = p.id
          where p.id = l.request_id and p.state = 'applied' and w.model_id = l.model_id and w.pointer = l.pointer
          and w.version = l.to_version and w.expected_holder is not distinct from l.from_version
          and jsonb_array_length(p.gates) > 0 and not exists (select from jsonb_array_elements(p.gates) g where g ->> 'outcome' <> 'passed')
          and not exists (select from registry.promotion_decision d where d.promotion_id = p.id and d.decision = 'refuse')
          and not exists (
            select from unnest(case l.pointer when 'challenger' then array[$2, $3] else array[$2] end) as needed (policy_id) where not exists (
              select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
                where b.promotion_id = p.id and b.position = w.position and v.policy_id = needed.policy_id))
          and not exists (
            select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id,
                jsonb_array_elements(v.document -> 'approvals') rule
              where b.promotion_id = p.id and (rule ->> 'count')::int > (
                select count(distinct d.actor_id) from registry.promotion_decision d
                  where d.promotion_id = p.id and d.decision = 'approve' and d.voided_at is null and d.binding = p.binding
                    and d.counts ->> v.id = coalesce(rule ->> 'role', 'group:' || (rule ->> 'group')))))
      or l.via = 'break-glass' and l.pointer = 'champion' and exists (
        select from registry.break_glass b join access.membership m on m.person_id = b.broken_by and m.role = 'maintainer'
          where b.id = l.request_id and b.model_id = l.model_id and b.pointer = l.pointer and b.version = l.to_version
            and b.reviewed_by is distinct from b.broken_by))),
  'torn', (select coalesce(jsonb_agg(w.promotion_id), '[]') from registry.promotion_move w join registry.promotion p on p.id = w.promotion_id
      where w.model_id = $1 and (p.state = 'applied') <> exists (
        select from registry.pointer_move l where l.request_id = p.id and l.model_id = w.model_id and l.pointer = w.pointer
          and l.to_version = w.version)),
  'applied', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'versions', (
      select jsonb_agg(w.version) from registry.promotion_move w where w.promotion_id = p.id), 'requestedBy', p.requested_by, 'approvers', (
      select coalesce(jsonb_agg(d.actor_id), '[]') from registry.promotion_decision d where d.promotion_id = p.id and d.decision = 'approve' and d.voided_at is null))), '[]')
    from registry.promotion p where p.state = 'applied' and exists (
      select from registry.promotion_move w where w.promotion_id = p.id and w.model_id = $1)),
  'moves', (select coalesce(jsonb_agg(jsonb_build_object('pointer', l.pointer, 'sequence', l.sequence, 'from', l.from_version, 'to', l.to_version, 'at', l.moved_at)
      order by l.pointer, l.sequence), '[]') from registry.pointer_move l where l.model_id = $1),
  'held', (select coalesce(jsonb_agg(jsonb_build_object('pointer', p.name, 'version', p.version)), '[]') from registry.pointer p where p.model_id = $1)
) as seen`;

/** What the database holds of a sequence's model. */
export async function lookAt(query: Query, { modelId, policyIds }: GovernedSequence): Promise<Seen> {
  const [row] = await query(look, [modelId, policyIds.champions, policyIds.challengers]);
  return seen.parse(row?.['seen']);
}

/** What a pointer held at an instant, by its moves alone: null before the first. */
export function replayed(moves: readonly SeenMove[], pointer: string, at: Date | null): number | null {
  let held: number | null = null;
  for (const step of moves) if (step.pointer === pointer && (at === null || step.at <= at)) held = step.to;
  return held;
}

/** Why a ledger is no chain; empty where every move goes on where the one before it ended, and later. */
export function brokenLinks(moves: readonly SeenMove[]): string[] {
  return moves.flatMap((step, index) => {
    const before = moves[index - 1]?.pointer === step.pointer ? moves[index - 1] : undefined;
    const fits =
      step.sequence === (before?.sequence ?? 0) + 1 &&
      step.from === (before?.to ?? null) &&
      (before === undefined || before.at < step.at);
    return fits ? [] : [`${step.pointer} ${step.sequence}`];
  });
}
