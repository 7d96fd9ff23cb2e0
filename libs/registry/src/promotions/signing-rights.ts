import { Standing } from '@assay/access-reads';
import { type Actor, approverName, type SigningCredential } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { PromotionRecord } from './promotion.js';

/** Under which names somebody may sign a request, and why not under others or not at all. */
export interface SigningRights {
  /** Roles by their names, groups as `group:<name>`: held since before the request was opened. */
  readonly names: readonly string[];
  /** Held, but only since the request was opened. */
  readonly tooNew: readonly string[];
  /** What the credential lacks to sign this request; null: nothing. */
  readonly credential: 'token-too-new' | 'password-by-another' | null;
}

/** What each problem is to whoever signs. */
export const credentialProblems: Readonly<Record<NonNullable<SigningRights['credential']>, string>> = {
  'token-too-new': 'This token is younger than what it is to sign: sign with your password, or with an older token.',
  'password-by-another':
    'Somebody else set your password, an author of this or since it was asked for: it signs other things, not this one.',
};

/**
 * What somebody may sign as, seen from the time at which a request was opened: what was gained since counts for nothing in it, and neither
 * does a password that an author or, meanwhile, anybody else has set.
 */
@Injectable()
export class ReadSigningRights {
  constructor(private readonly standing: Standing) {}

  async execute(
    tx: Tx,
    actor: Actor,
    promotion: Pick<PromotionRecord, 'requestedAt' | 'mayNotApprove'>,
    credential: SigningCredential,
  ): Promise<SigningRights> {
    const { id: personId, workspace } = actor;
    const names: string[] = [];
    const tooNew: string[] = [];
    const file = (name: string, since: Date | null): void => {
      if (since !== null) (since <= promotion.requestedAt ? names : tooNew).push(name);
    };
    for (const role of actor.roles)
      file(approverName({ role }), await this.standing.heldSince(tx, { personId, workspace, role }));
    for (const group of actor.groups)
      file(approverName({ group }), await this.standing.heldSince(tx, { personId, workspace, group }));
    return { names, tooNew, credential: await this.#problem(tx, personId, promotion, credential) };
  }

  async #problem(
    tx: Tx,
    personId: string,
    { requestedAt, mayNotApprove }: Pick<PromotionRecord, 'requestedAt' | 'mayNotApprove'>,
    credential: SigningCredential,
  ): Promise<SigningRights['credential']> {
    if ('token' in credential) {
      const madeAt = await this.standing.tokenMadeAt(tx, credential.token);
      return madeAt !== null && madeAt <= requestedAt ? null : 'token-too-new';
    }
    if (!('password' in credential)) return null;
    const given = await this.standing.passwordFrom(tx, personId);
    if (given === null || given.setBy === personId) return null;
    return given.setAt > requestedAt || mayNotApprove.includes(given.setBy) ? 'password-by-another' : null;
  }
}
