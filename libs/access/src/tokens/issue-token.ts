import type { Actor, IssuedToken } from '@assay/contracts';
import { formatToken, hashSecret, newTokenParts } from '@assay/access-reads';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { TokenStore } from './token.store.js';

export interface TokenOrder {
  personId: string;
  workspace: string;
  kind: 'api' | 'session';
  name: string;
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
    });
    await this.audit.record(tx, actor, {
      action: order.kind === 'session' ? 'access.session.opened.v1' : 'access.token.issued.v1',
      target: { type: 'token', id: parts.id },
      covers: [row('access.api_token', parts.id)],
      after: { person: order.personId, kind: order.kind, expiresAt: expiresAt.toISOString() },
      personal: { tokenName: order.name },
      subject: order.personId,
    });
    return { id: parts.id, name: order.name, token: formatToken(parts), expiresAt: expiresAt.toISOString() };
  }
}
