import { createHash } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';

/** What is about to be made under a key. */
export interface Creation {
  readonly kind: 'run' | 'logged_model';
  readonly id: string;
  readonly request: unknown;
  readonly createdMs: number;
}

/**
 * Takes a key for a creation of this transaction and answers null, or answers the id of what the same caller made under it before.
 * A second request under the key waits for the first one's transaction to end.
 */
export async function claimCreationKey(
  tx: Tx,
  actor: Actor,
  key: string,
  { kind, id, request, createdMs }: Creation,
): Promise<string | null> {
  const digest = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const claimed: unknown[] = await tx.query(
    `insert into tracking.creation_key (actor_id, key, kind, request_sha256, created_id, created_ms) values ($1, $2, $3, $4, $5, $6)
       on conflict on constraint creation_key_pk do nothing returning 1`,
    [actor.id, key, kind, digest, id, createdMs],
  );
  if (claimed.length > 0) return null;
  const [earlier]: { kind: string; request_sha256: string; created_id: string }[] = await tx.query(
    'select kind, request_sha256, created_id from tracking.creation_key where actor_id = $1 and key = $2',
    [actor.id, key],
  );
  if (earlier === undefined)
    throw new AppError(
      'TEMPORARILY_UNAVAILABLE',
      'The same Idempotency-Key was in use by a request that failed: try again.',
    );
  if (earlier.kind !== kind || earlier.request_sha256 !== digest) {
    throw new AppError('RESOURCE_CONFLICT', 'This Idempotency-Key was used for another request: take a new one.');
  }
  return earlier.created_id;
}

/** Takes the oldest keys away, among those of before a time; answers how many. */
export async function removeKeysBefore(tx: Tx, beforeMs: number, most: number): Promise<number> {
  const [, count]: [unknown, number] = await tx.query(
    `delete from tracking.creation_key k using (
         select actor_id, key from tracking.creation_key where created_ms < $1 order by created_ms limit $2) as old
       where k.actor_id = old.actor_id and k.key = old.key`,
    [beforeMs, most],
  );
  return count;
}
