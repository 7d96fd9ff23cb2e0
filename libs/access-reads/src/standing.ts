import type { Role } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { parseToken } from './token-format.js';

/** A role or a group that somebody holds in a workspace. */
export type Holding = { readonly personId: string; readonly workspace: string } & (
  | { readonly role: Role }
  | { readonly group: string }
);

/** Since when somebody has had a say: what was gained after a request was opened decides nothing about it. */
@Injectable()
export class Standing {
  /**
   * Everybody who stands behind what somebody did: themselves, and for a service account whoever made it or a token of it, who could have done
   * it in its name.
   */
  async behind(tx: Tx, ids: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await tx.query('select id from access.behind($1) as b (id) order by id', [ids]);
    return rows.map(({ id }) => id);
  }

  /** Since when a role or group is held without a break; null: it is not. */
  async heldSince(tx: Tx, holding: Holding): Promise<Date | null> {
    const { personId, workspace } = holding;
    const rows: { since: Date | null }[] =
      'role' in holding
        ? await tx.query(
            'select granted_at as since from access.membership where person_id = $1 and workspace = $2 and role = $3',
            [personId, workspace, holding.role],
          )
        : await tx.query(
            'select min(since) as since from access.group_member where person_id = $1 and workspace = $2 and group_name = $3',
            [personId, workspace, holding.group],
          );
    return rows[0]?.since ?? null;
  }

  /**
   * Who last gave a person a password, and when; null where nobody else ever did. Whoever gave it knew it for a while, so that what was
   * under way then, and what is the giver's own, must not be signed by it. `own`: the person has chosen another since.
   */
  async passwordFrom(tx: Tx, personId: string): Promise<{ setBy: string; setAt: Date; own: boolean } | null> {
    const rows: { setBy: string; setAt: Date; own: boolean }[] = await tx.query(
      `select password_given_by as "setBy", password_given_at as "setAt", password_state = 'own' as own
         from access.person where id = $1 and password_given_by is not null and password_given_at is not null`,
      [personId],
    );
    return rows[0] ?? null;
  }

  /** Since when a person has been who they are at a provider; null: they are nobody there. */
  async linkedAt(tx: Tx, personId: string): Promise<Date | null> {
    const rows: { linkedAt: Date | null }[] = await tx.query(
      'select max(created_at) as "linkedAt" from access.external_identity where person_id = $1',
      [personId],
    );
    return rows[0]?.linkedAt ?? null;
  }

  /** When a token was made; null for what is no token of anybody. */
  async tokenMadeAt(tx: Tx, token: string): Promise<Date | null> {
    const rows: { madeAt: Date }[] = await tx.query(
      'select created_at as "madeAt" from access.api_token where id = $1',
      [parseToken(token)?.id ?? ''],
    );
    return rows[0]?.madeAt ?? null;
  }
}
