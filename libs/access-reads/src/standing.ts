import type { Role } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A role or a group that somebody holds in a workspace. */
export type Holding = { readonly personId: string; readonly workspace: string } & (
  | { readonly role: Role }
  | { readonly group: string }
);

/** Since when somebody has had a say: what was gained after a request was opened decides nothing about it. */
@Injectable()
export class Standing {
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
}
