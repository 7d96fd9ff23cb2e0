import type { Actor, IssuedToken } from '@assay/contracts';
import { formatToken, hashSecret, newTokenParts } from '@assay/access-reads';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type NewToken, TokenStore } from './token.store.js';

export interface TokenOrder extends Pick<
  NewToken,
  'holder' | 'workspace' | 'kind' | 'name' | 'scopes' | 'provisional'
> {
  lifeSeconds: number;
}

/** Makes a token inside the caller's transaction. Its text is in the answer and nowhere else. */
@Injectable()
export class IssueToken {
  constructor(
    private readonly tokens: TokenStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(tx: Tx, actor: Actor, order: TokenOrder): Promise<IssuedToken> {
    const parts = newTokenParts();
    const createdAt = this.clock.now();
    const expiresAt = new Date(createdAt.getTime() + order.lifeSeconds * 1000);
    const { lifeSeconds: _, ...token } = order;
    await this.tokens.insert(tx, {
      ...token,
      id: parts.id,
      createdAt,
      expiresAt,
      secretSha256: hashSecret(parts.secret),
      issuedBy: actor.id,
    });
    const { holder } = order;
    await this.audit.record(tx, actor, {
      action: order.kind === 'session' ? 'access.session.opened.v1' : 'access.token.issued.v1',
      target: { type: 'token', id: parts.id },
      covers: [row('access.api_token', parts.id)],
      after: {
        ...('personId' in holder ? { person: holder.personId } : { serviceAccount: holder.serviceAccountId }),
        kind: order.kind,
        ...(order.scopes === null ? {} : { scopes: order.scopes }),
        ...(order.provisional ? { provisional: true } : {}),
        expiresAt: expiresAt.toISOString(),
      },
      personal: { tokenName: order.name },
      subject: 'personId' in holder ? holder.personId : holder.serviceAccountId,
    });
    return { id: parts.id, name: order.name, token: formatToken(parts), expiresAt: expiresAt.toISOString() };
  }
}
