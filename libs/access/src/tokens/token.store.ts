import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

export interface TokenRecord {
  id: string;
  personId: string;
  workspace: string;
  kind: 'api' | 'session';
  name: string;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

const columns = `id, person_id as "personId", workspace, kind, name, created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt"`;

@Injectable()
export class TokenStore {
  async insert(tx: Tx, token: Omit<TokenRecord, 'revokedAt'> & { secretSha256: string }): Promise<void> {
    await tx.query(
      `insert into access.api_token (id, person_id, workspace, kind, name, secret_sha256, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        token.id,
        token.personId,
        token.workspace,
        token.kind,
        token.name,
        token.secretSha256,
        token.createdAt,
        token.expiresAt,
      ],
    );
  }

  async find(tx: Tx, workspace: string, id: string): Promise<TokenRecord | null> {
    const rows: TokenRecord[] = await tx.query(
      `select ${columns} from access.api_token where workspace = $1 and id = $2`,
      [workspace, id],
    );
    return rows[0] ?? null;
  }

  async listOf(tx: Tx, workspace: string, personId: string): Promise<TokenRecord[]> {
    return tx.query(
      `select ${columns} from access.api_token where workspace = $1 and person_id = $2 order by created_at desc, id limit 1000`,
      [workspace, personId],
    );
  }

  /** Takes back one token; false where it was taken back already. */
  async revoke(tx: Tx, id: string, at: Date): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      'update access.api_token set revoked_at = $2 where id = $1 and revoked_at is null',
      [id, at],
    );
    return count > 0;
  }

  /** Takes back every session of a person and answers their ids. */
  async revokeSessions(tx: Tx, personId: string, at: Date): Promise<string[]> {
    const [rows]: [{ id: string }[], number] = await tx.query(
      `update access.api_token set revoked_at = $2 where person_id = $1 and kind = 'session' and revoked_at is null returning id`,
      [personId, at],
    );
    return rows.map(({ id }) => id);
  }
}
