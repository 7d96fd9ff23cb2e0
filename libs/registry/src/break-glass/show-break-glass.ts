import { PersonNames } from '@assay/access-reads';
import type { BreakGlass, Somebody } from '@assay/contracts';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type BreakGlassRecord, isOverdue } from './break-glass.js';

/** Emergency moves as the API answers them, with the names of the people in them: one query, however many there are. */
@Injectable()
export class ShowBreakGlass {
  constructor(
    private readonly names: PersonNames,
    private readonly clock: Clock,
  ) {}

  async all(tx: Tx, records: readonly BreakGlassRecord[]): Promise<BreakGlass[]> {
    const names = await this.names.of(
      tx,
      records.flatMap(({ brokenBy, review }) => (review === null ? [brokenBy] : [brokenBy, review.by])),
    );
    const now = this.clock.now();
    return records.map((record) => shown(record, (id) => ({ id, name: names.get(id) ?? null }), now));
  }

  async one(tx: Tx, record: BreakGlassRecord): Promise<BreakGlass> {
    const [move] = await this.all(tx, [record]);
    if (move === undefined) throw new Error(`the emergency move ${record.id} was not shown`);
    return move;
  }
}

function shown(record: BreakGlassRecord, somebody: (id: string) => Somebody, now: Date): BreakGlass {
  const { review } = record;
  return {
    id: record.id,
    model: record.model,
    pointer: record.pointer,
    version: String(record.version),
    from: record.from === null ? null : String(record.from),
    policies: record.policies.map(({ name, version }) => ({ name, version })),
    reason: record.reason,
    brokenBy: somebody(record.brokenBy),
    brokenAt: record.brokenAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    reviewDueAt: record.reviewDueAt.toISOString(),
    reviewRoles: [...record.reviewRoles],
    overdue: isOverdue(record, now),
    review: review === null ? null : { ...review, by: somebody(review.by), at: review.at.toISOString() },
  };
}
