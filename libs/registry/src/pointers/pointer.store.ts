import type { Actor } from '@assay/contracts';
import { inTransaction, newId, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { PointerMove, RecordedMove } from './pointer.js';

const versionOrNone = z.union([z.null(), z.coerce.number()]);

const moveRow = z.object({
  id: z.string(),
  model_id: z.string(),
  pointer: z.string(),
  sequence: z.coerce.number(),
  from_version: versionOrNone,
  to_version: versionOrNone,
  via: z.enum(['alias', 'stage', 'pointer', 'promotion', 'rollback', 'break-glass', 'version-delete', 'model-delete']),
  actor_id: z.string(),
  actor_kind: z.string(),
  on_behalf_of: z.string().nullable(),
  reason: z.string().nullable(),
  request_id: z.string().nullable(),
  policy_version_ids: z.array(z.string()),
  evidence: z.array(z.string()),
  moved_at: z.date(),
});

/** Deleting a model empties all of its pointers in one transaction, so their number is bounded. */
const maxPointers = 500;

/** Moves, each with the policy texts that its request was bound to, or that allowed it in an emergency. */
const moves = `select l.*, (select coalesce(jsonb_agg(b.policy_version_id order by b.policy_version_id), '[]')
    from (select q.policy_version_id from registry.promotion_move w join registry.promotion_policy q using (promotion_id, position)
        where w.promotion_id = l.request_id and w.model_id = l.model_id and w.pointer = l.pointer
      union all select policy_version_id from registry.break_glass_policy where break_glass_id = l.request_id) b) as policy_version_ids
  from registry.pointer_move l`;

const aliasesOfModels = {
  name: 'aliases-of-models',
  text: `select model_id as "modelId", name as alias, version from registry.pointer
    where model_id = any($1::text[]) and version is not null and name not like 'stage:%' order by model_id, name`,
};

export interface HeldPointer {
  readonly name: string;
  readonly version: number;
  readonly movedAt: Date;
}

@Injectable()
export class PointerStore {
  /** What a pointer holds now. */
  async holder(tx: Tx, modelId: string, pointer: string): Promise<number | null> {
    const rows: { version: string | null }[] = await tx.query(
      'select version from registry.pointer where model_id = $1 and name = $2',
      [modelId, pointer],
    );
    return toVersion(rows[0]?.version);
  }

  /** As `holder`, with the pointer held until the transaction ends. Undefined when it was never set. */
  async lockHolder(tx: Tx, modelId: string, pointer: string): Promise<number | null | undefined> {
    const rows: { version: string | null }[] = await tx.query(
      'select version from registry.pointer where model_id = $1 and name = $2 for update',
      [modelId, pointer],
    );
    return rows[0] === undefined ? undefined : toVersion(rows[0].version);
  }

  /** Makes the row of a pointer that was never set, so that movers wait for each other. */
  async create(tx: Tx, modelId: string, pointer: string): Promise<void> {
    const [{ count } = { count: 0 }]: { count: number }[] = await tx.query(
      'select count(*)::int as count from registry.pointer where model_id = $1',
      [modelId],
    );
    if (count >= maxPointers) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `The model has had ${maxPointers} aliases, the most it may: use one of them again.`,
      );
    }
    await tx.query(
      `insert into registry.pointer (model_id, name, version, sequence, moved_at) values ($1, $2, null, 0, now())
         on conflict (model_id, name) do nothing`,
      [modelId, pointer],
    );
  }

  /** Whether the pointer was ever set. */
  async exists(tx: Tx, modelId: string, pointer: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select 1 from registry.pointer where model_id = $1 and name = $2 and sequence > 0',
      [modelId, pointer],
    );
    return rows.length > 0;
  }

  /** The pointers of a model that hold something, or that hold one version. */
  async held(tx: Tx, modelId: string, version?: number): Promise<HeldPointer[]> {
    const rows: { name: string; version: string; movedAt: Date }[] = await tx.query(
      `select name, version, moved_at as "movedAt" from registry.pointer
         where model_id = $1 and version is not null and ($2::bigint is null or version = $2) order by name`,
      [modelId, version ?? null],
    );
    return rows.map(({ name, version: held, movedAt }) => ({ name, version: Number(held), movedAt }));
  }

  /** Aliases of several models at once. */
  async aliases(tx: Tx, modelIds: readonly string[]): Promise<{ modelId: string; alias: string; version: number }[]> {
    const rows = await inTransaction(tx).run<{ modelId: string; alias: string; version: string }>(aliasesOfModels, [
      modelIds,
    ]);
    return rows.map(({ version, ...rest }) => ({ ...rest, version: Number(version) }));
  }

  /**
   * Writes a move of a locked pointer to the row and to the ledger. The time is the database's, in milliseconds, and later than the
   * move before it: so `asOf` has one answer for every instant, and an answer's own time asks for that very state.
   */
  async move(tx: Tx, actor: Actor, move: PointerMove, from: number | null): Promise<RecordedMove> {
    const rows: unknown[] = await tx.query(
      `with moved as (
         update registry.pointer set version = $3, sequence = sequence + 1,
             moved_at = case when sequence = 0 then date_trunc('milliseconds', clock_timestamp())
               else greatest(date_trunc('milliseconds', clock_timestamp()), moved_at + interval '1 millisecond') end
           where model_id = $1 and name = $2 returning sequence, moved_at)
       insert into registry.pointer_move (id, model_id, pointer, sequence, from_version, to_version, via, actor_id, actor_kind, on_behalf_of,
           reason, request_id, evidence, moved_at)
         select $4::text, $1, $2, moved.sequence, $5::bigint, $3, $6::text, $7::text, $8::text, $9::text,
           $10::text, $11::text, $12::jsonb, moved.moved_at from moved returning *, $13::jsonb as policy_version_ids`,
      [
        move.modelId,
        move.pointer,
        move.to,
        newId(),
        from,
        move.via,
        actor.id,
        actor.kind,
        actor.onBehalfOf ?? null,
        move.reason ?? null,
        move.authority?.requestId ?? null,
        JSON.stringify(move.authority?.evidence ?? []),
        JSON.stringify(move.authority?.policyVersionIds ?? []),
      ],
    );
    return toMove(rows[0]);
  }

  /** Newest first, at most `limit`, only moves before `before` (a sequence number). */
  async history(
    tx: Tx,
    modelId: string,
    pointer: string,
    limit: number,
    before: number | null,
  ): Promise<RecordedMove[]> {
    const rows: unknown[] = await tx.query(
      `${moves} where model_id = $1 and pointer = $2 and ($3::bigint is null or sequence < $3)
         order by sequence desc limit $4`,
      [modelId, pointer, before, limit],
    );
    return rows.map(toMove);
  }

  /** The last move at or before an instant, or null when there was none yet. */
  async lastMove(tx: Tx, modelId: string, pointer: string, asOf: Date | null): Promise<RecordedMove | null> {
    const rows: unknown[] = await tx.query(
      `${moves} where model_id = $1 and pointer = $2 and ($3::timestamptz is null or moved_at <= $3)
         order by sequence desc limit 1`,
      [modelId, pointer, asOf],
    );
    return rows.length === 0 ? null : toMove(rows[0]);
  }
}

function toVersion(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

function toMove(data: unknown): RecordedMove {
  const row = moveRow.parse(data);
  return {
    id: row.id,
    modelId: row.model_id,
    pointer: row.pointer,
    sequence: row.sequence,
    from: row.from_version,
    to: row.to_version,
    via: row.via,
    actorId: row.actor_id,
    actorKind: row.actor_kind,
    onBehalfOf: row.on_behalf_of,
    reason: row.reason,
    requestId: row.request_id,
    policyVersionIds: row.policy_version_ids,
    evidence: row.evidence,
    movedAt: row.moved_at,
  };
}
