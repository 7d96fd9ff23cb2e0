import { type CoveredRow, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { GroupStore } from '../groups/group.store.js';
import { TokenStore } from '../tokens/token.store.js';
import { type PersonRecord, PersonStore } from './person.store.js';

export interface EndedAccess {
  readonly sessions: readonly string[];
  readonly groups: readonly string[];
  readonly identities: readonly string[];
  readonly covers: readonly CoveredRow[];
}

/**
 * What a change of a person ends: with the password, the account or the way in at the provider their sessions; with the last role in a
 * workspace the groups that its administrators put them into, so that nothing that was granted to a group stays with who has left.
 */
@Injectable()
export class EndAccess {
  constructor(
    private readonly people: PersonStore,
    private readonly groups: GroupStore,
    private readonly tokens: TokenStore,
  ) {}

  /** @param unlink forget who the person is at the provider. */
  async inTransaction(
    tx: Tx,
    workspace: string,
    { before, after, unlink }: { before: PersonRecord; after: PersonRecord; unlink: boolean },
    at: Date,
  ): Promise<EndedAccess> {
    const shut = after.passwordHash !== before.passwordHash || after.disabledAt !== null || unlink;
    const sessions = shut ? await this.tokens.revokeSessions(tx, after.id, at) : [];
    const left = before.roles.length > 0 && after.roles.length === 0;
    const groups = left ? await this.groups.leave(tx, workspace, after.id) : [];
    const identities = unlink ? await this.people.unlink(tx, after.id) : [];
    const covers = [
      ...sessions.map((id) => row('access.api_token', id)),
      ...groups.map((name) => row('access.group_member', workspace, name, after.id, 'manual')),
      ...identities.map((id) => row('access.external_identity', id)),
    ];
    return { sessions, groups, identities, covers };
  }
}
