import { type CoveredRow, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { GroupStore } from '../groups/group.store.js';
import { type RevokedToken, TokenStore } from '../tokens/token.store.js';
import { type PersonRecord, PersonStore } from './person.store.js';

export interface EndedAccess {
  readonly tokens: readonly RevokedToken[];
  readonly groups: readonly string[];
  readonly identities: readonly string[];
  readonly covers: readonly CoveredRow[];
}

/**
 * What a change of a person ends: with the password or the way in at the provider their sessions; with the account their tokens as well, for
 * good; with the last role in a workspace the groups that its administrators put them into, so that nothing that was granted to a group stays
 * with who has left.
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
    const tokens = await this.endTokens(tx, { before, after, unlink }, at);
    const left = before.roles.length > 0 && after.roles.length === 0;
    const groups = left ? await this.groups.leave(tx, workspace, after.id) : [];
    const identities = unlink ? await this.people.unlink(tx, after.id) : [];
    const covers = [
      ...tokens.map(({ id }) => row('access.api_token', id)),
      ...groups.map((name) => row('access.group_member', workspace, name, after.id, 'manual')),
      ...identities.map((id) => row('access.external_identity', id)),
    ];
    return { tokens, groups, identities, covers };
  }

  private async endTokens(
    tx: Tx,
    { before, after, unlink }: { before: PersonRecord; after: PersonRecord; unlink: boolean },
    at: Date,
  ): Promise<RevokedToken[]> {
    // Looked at when the account is enabled as well: a token that was under way while it was disabled must not come to life.
    if (before.disabledAt !== null || after.disabledAt !== null)
      return this.tokens.revokeAll(tx, { personId: after.id }, at);
    const shut = after.passwordHash !== before.passwordHash || unlink;
    return shut ? this.tokens.revokeSessions(tx, after.id, at) : [];
  }
}
