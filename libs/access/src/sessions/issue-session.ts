import { type Actor, type IssuedToken, heldPermissions } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type PersonRecord, PersonStore } from '../people/person.store.js';
import { IssueToken } from '../tokens/issue-token.js';

export const sessionSeconds = 12 * 3600;

/** Opens the session of somebody who has just proved who they are. */
@Injectable()
export class IssueSession {
  constructor(
    private readonly people: PersonStore,
    private readonly issueToken: IssueToken,
  ) {}

  /**
   * @param by a password that somebody else set opens less: the first one of an account decides nothing, and one that an administrator
   * replaced opens nothing but its change.
   */
  async inTransaction(
    tx: Tx,
    person: PersonRecord,
    workspace: string,
    by: 'password' | 'provider',
  ): Promise<IssuedToken> {
    const held = await this.people.hold(tx, person.id);
    if (held === null || held.passwordHash !== person.passwordHash)
      throw new AppError('UNAUTHENTICATED', 'The account changed while you signed in: sign in again.');
    const state = by === 'password' ? person.passwordState : 'own';
    const issued = await this.issueToken.execute(tx, actorOf(person, workspace), {
      holder: { personId: person.id },
      workspace,
      kind: 'session',
      name: 'signed in',
      scopes: state === 'reset' ? [] : null,
      provisional: state !== 'own',
      lifeSeconds: sessionSeconds,
    });
    return state === 'own' ? issued : { ...issued, mustChangePassword: true };
  }
}

/** A person who has no token yet. */
function actorOf(person: PersonRecord, workspace: string): Actor {
  const permissions = heldPermissions(person.roles, workspace);
  return { id: person.id, kind: 'person', name: person.name, workspace, roles: person.roles, groups: [], permissions };
}
