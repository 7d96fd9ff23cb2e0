import type { Token } from '@assay/contracts';
import type { TokenRecord } from './token.store.js';

/** A token as the API answers it: what finds it again, never what it is. */
export function shownToken(token: TokenRecord): Token {
  return {
    id: token.id,
    prefix: `assay_${token.id}_`,
    name: token.name,
    personId: token.personId,
    serviceAccountId: token.serviceAccountId,
    kind: token.kind,
    scopes: token.scopes,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt.toISOString(),
    revokedAt: token.revokedAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  };
}
