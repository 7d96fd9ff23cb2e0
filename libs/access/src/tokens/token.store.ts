import { type Permission, permissions } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** Whose a token is. */
export type TokenHolder = { readonly personId: string } | { readonly serviceAccountId: string };

export interface RevokedToken {
  readonly id: string;
  readonly kind: 'api' | 'session';
}

const tokenRow = z.object({
  id: z.string(),
  personId: z.string().nullable(),
  serviceAccountId: z.string().nullable(),
  workspace: z.string(),
  kind: z.enum(['api', 'session']),
  name: z.string(),
  scopes: z.array(z.enum(permissions)).nullable(),
  createdAt: z.date(),
  expiresAt: z.date(),
  revokedAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
});

export type TokenRecord = z.infer<typeof tokenRow>;

export interface NewToken {
  id: string;
  holder: TokenHolder;
  workspace: string;
  kind: 'api' | 'session';
  name: string;
  /** All that it may do of what its holder may; null: everything. */
  scopes: readonly Permission[] | null;
  /** Came of a password that somebody else knows. */
  provisional: boolean;
  secretSha256: string;
  /** Who made it. */
  issuedBy: string;
  createdAt: Date;
  expiresAt: Date;
}

const select = `select t.id, t.person_id as "personId", t.service_account_id as "serviceAccountId", t.workspace, t.kind, t.name, t.scopes,
    t.created_at as "createdAt", t.expires_at as "expiresAt", t.revoked_at as "revokedAt", u.last_used_at as "lastUsedAt"
  from access.api_token t left join access.token_use u on u.token_id = t.id`;

@Injectable()
export class TokenStore {
  async insert(tx: Tx, token: NewToken): Promise<void> {
    const { holder } = token;
    await tx.query(
      `insert into access.api_token (id, person_id, service_account_id, workspace, kind, name, scopes, secret_sha256, created_at, expires_at, provisional, issued_by)
         values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12)`,
      [
        token.id,
        'personId' in holder ? holder.personId : null,
        'serviceAccountId' in holder ? holder.serviceAccountId : null,
        token.workspace,
        token.kind,
        token.name,
        token.scopes === null ? null : JSON.stringify(token.scopes),
        token.secretSha256,
        token.createdAt,
        token.expiresAt,
        token.provisional,
        token.issuedBy,
      ],
    );
  }

  /** Whether nobody has revoked a token, of whichever workspace: a session acts in others than its own. */
  async stands(tx: Tx, id: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select t.id from access.api_token t where t.id = $1 and t.revoked_at is null',
      [id],
    );
    return rows.length > 0;
  }

  async find(tx: Tx, workspace: string, id: string): Promise<TokenRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where t.workspace = $1 and t.id = $2`, [workspace, id]);
    return rows.length === 0 ? null : tokenRow.parse(rows[0]);
  }

  async listOf(tx: Tx, workspace: string, holder: TokenHolder): Promise<TokenRecord[]> {
    const [column, id] = holderColumn(holder);
    const rows: unknown[] = await tx.query(
      `${select} where t.workspace = $1 and t.${column} = $2 order by t.created_at desc, t.id limit 1000`,
      [workspace, id],
    );
    return rows.map((row) => tokenRow.parse(row));
  }

  /** Takes back one token; false where it was taken back already. */
  async revoke(tx: Tx, id: string, at: Date): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      'update access.api_token set revoked_at = $2 where id = $1 and revoked_at is null',
      [id, at],
    );
    return count > 0;
  }

  /** Takes back every session of a person, and what came of a password that somebody else knows. */
  async revokeSessions(tx: Tx, personId: string, at: Date): Promise<RevokedToken[]> {
    const [rows]: [RevokedToken[], number] = await tx.query(
      `update access.api_token set revoked_at = $2 where person_id = $1 and (kind = 'session' or provisional) and revoked_at is null
         returning id, kind`,
      [personId, at],
    );
    return rows;
  }

  /** Takes back every session and token of somebody, in whichever workspace. */
  async revokeAll(tx: Tx, holder: TokenHolder, at: Date): Promise<RevokedToken[]> {
    const [column, id] = holderColumn(holder);
    const [rows]: [RevokedToken[], number] = await tx.query(
      `update access.api_token set revoked_at = $2 where ${column} = $1 and revoked_at is null returning id, kind`,
      [id, at],
    );
    return rows;
  }
}

function holderColumn(holder: TokenHolder): readonly [column: string, id: string] {
  return 'personId' in holder ? ['person_id', holder.personId] : ['service_account_id', holder.serviceAccountId];
}
