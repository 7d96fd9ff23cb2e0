import { type Proven, Standing, wrongCredential } from '@assay/access-reads';
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
}

/** Somebody who may sign: how they proved who they are, and under which names they sign. */
export interface Signer {
  readonly credential: Proven;
  readonly rights: SigningRights;
}

/** Why somebody signs nothing here: a word for the record, and a sentence for them. */
export interface SigningBar {
  readonly why: string;
  readonly detail: string;
}

type CredentialProblem = 'token-too-new' | 'sign-in-too-new' | 'password-by-another';

const problems: Readonly<Record<CredentialProblem, string>> = {
  'token-too-new': 'This token is younger than what it is to sign: sign with your password, or with an older token.',
  'sign-in-too-new':
    'Your account was linked to the provider only after this was asked for: sign with a password or a token of before.',
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

  /**
   * Who signs, or what bars them whatever they hold: approvals, refusals, changes of policies and reviews of emergencies all ask this.
   * @param asked since when what was gained is too new, and whose passwords sign nothing.
   */
  async execute(
    tx: Tx,
    actor: Actor,
    asked: Pick<PromotionRecord, 'requestedAt' | 'mayNotApprove'>,
    credential: SigningCredential,
    proven: Proven | null,
  ): Promise<Signer | SigningBar> {
    const { id: personId, workspace } = actor;
    if (actor.kind !== 'person')
      return { why: 'not-a-person', detail: 'Only people decide: a job or a call without a credential never does.' };
    if (proven === null) return { why: 'credential', detail: wrongCredential };
    const problem = await this.#problem(tx, personId, asked, credential);
    if (problem !== null) return { why: problem, detail: problems[problem] };
    const names: string[] = [];
    const tooNew: string[] = [];
    const file = (name: string, since: Date | null): void => {
      if (since !== null) (since <= asked.requestedAt ? names : tooNew).push(name);
    };
    for (const role of actor.roles)
      file(approverName({ role }), await this.standing.heldSince(tx, { personId, workspace, role }));
    for (const group of actor.groups)
      file(approverName({ group }), await this.standing.heldSince(tx, { personId, workspace, group }));
    return { credential: proven, rights: { names, tooNew } };
  }

  async #problem(
    tx: Tx,
    personId: string,
    { requestedAt, mayNotApprove }: Pick<PromotionRecord, 'requestedAt' | 'mayNotApprove'>,
    credential: SigningCredential,
  ): Promise<CredentialProblem | null> {
    if ('token' in credential) {
      const madeAt = await this.standing.tokenMadeAt(tx, credential.token);
      return madeAt !== null && madeAt <= requestedAt ? null : 'token-too-new';
    }
    if ('proof' in credential) {
      const linkedAt = await this.standing.linkedAt(tx, personId);
      return linkedAt !== null && linkedAt <= requestedAt ? null : 'sign-in-too-new';
    }
    const given = await this.standing.passwordFrom(tx, personId);
    if (given === null || given.setBy === personId) return null;
    return given.setAt > requestedAt || mayNotApprove.includes(given.setBy) ? 'password-by-another' : null;
  }
}
