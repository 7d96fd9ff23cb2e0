import { PersonNames } from '@assay/access-reads';
import type { Promotion, Somebody } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { missingOf, type OpenFile } from './promotion-journal.js';
import { isEnded } from './promotion.js';

/** Requests as the API answers them, with the names of the people in them: one query, however many there are. */
@Injectable()
export class ShowPromotions {
  constructor(private readonly names: PersonNames) {}

  async all(tx: Tx, files: readonly OpenFile[]): Promise<Promotion[]> {
    const names = await this.names.of(
      tx,
      files.flatMap(({ promotion, decisions }) => [
        promotion.requestedBy,
        ...promotion.mayNotApprove,
        ...decisions.map(({ actorId }) => actorId),
      ]),
    );
    return files.map((file) => shown(file, (id) => ({ id, name: names.get(id) ?? null })));
  }

  async one(tx: Tx, file: OpenFile): Promise<Promotion> {
    const [promotion] = await this.all(tx, [file]);
    if (promotion === undefined) throw new Error(`request ${file.promotion.id} was not shown`);
    return promotion;
  }
}

function shown(file: OpenFile, somebody: (id: string) => Somebody): Promotion {
  const { promotion, policies, decisions } = file;
  const names = new Map(policies.map(({ id, name }) => [id, name]));
  return {
    id: promotion.id,
    state: promotion.state,
    via: promotion.via,
    moves: promotion.moves.map(({ model, pointer, version, expectedHolder, manifestDigest, policyVersionIds }) => ({
      model,
      pointer,
      version: String(version),
      expectedHolder: expectedHolder === null ? null : String(expectedHolder),
      manifestDigest,
      policies: policies.filter(({ id }) => policyVersionIds.includes(id)).map(({ name }) => name),
    })),
    policies: policies.map(({ name, version, digest }) => ({ name, version, digest })),
    binding: promotion.binding,
    reason: promotion.reason,
    requestedBy: somebody(promotion.requestedBy),
    requestedAt: promotion.requestedAt.toISOString(),
    expiresAt: promotion.expiresAt.toISOString(),
    mayNotApprove: promotion.mayNotApprove.map(somebody),
    gates: [...promotion.gates],
    decisions: decisions.map((one) => ({
      decision: one.decision,
      by: somebody(one.actorId),
      role: one.role,
      counts: Object.entries(one.counts).map(([id, approver]) => ({ policy: names.get(id) ?? id, approver })),
      at: one.decidedAt.toISOString(),
      comment: one.comment,
      credential: one.credential,
      binding: one.binding,
      voided: one.voidedAt !== null,
    })),
    missingApprovals: isEnded(promotion.state)
      ? []
      : missingOf(file).map(({ policy, approver, count, next }) => ({ policy, approver, count, next })),
    outcome: promotion.outcome,
    updatedAt: promotion.updatedAt.toISOString(),
  };
}
