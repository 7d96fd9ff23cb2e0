import { type Role, rolePermissions, roles } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** Whom a rule asks for: a role or a group. */
export type AskedApprover = { readonly role: Role } | { readonly group: string };

/** Without one of these nobody signs, whatever else they hold. */
const deciding: readonly Role[] = roles.filter((role) => rolePermissions[role].includes('promotions:decide'));

const holders = `from access.person p
  where p.disabled_at is null
    and exists (select from access.membership d where d.person_id = p.id and d.workspace = $1 and d.role = any($2::text[]))
    and case $3::text
      when 'role' then exists (select from access.membership m where m.person_id = p.id and m.workspace = $1 and m.role = $4)
      else exists (select from access.group_member g where g.person_id = p.id and g.workspace = $1 and g.group_name = $4) end`;

/** Who could sign under a rule: people of a workspace who hold the role, or are in the group, and may sign at all. */
@Injectable()
export class Approvers {
  async count(tx: Tx, workspace: string, approver: AskedApprover): Promise<number> {
    const rows: { count: number }[] = await tx.query(
      `select count(*)::int as count ${holders}`,
      parameters(workspace, approver),
    );
    return rows[0]?.count ?? 0;
  }

  /** By name, at most a hundred; those in `except` are left out. */
  async people(
    tx: Tx,
    workspace: string,
    approver: AskedApprover,
    except: readonly string[],
  ): Promise<{ id: string; name: string }[]> {
    return tx.query(`select p.id, p.name ${holders} and not p.id = any($5::text[]) order by p.name, p.id limit 100`, [
      ...parameters(workspace, approver),
      except,
    ]);
  }
}

function parameters(workspace: string, approver: AskedApprover): unknown[] {
  return 'role' in approver
    ? [workspace, deciding, 'role', approver.role]
    : [workspace, deciding, 'group', approver.group];
}
