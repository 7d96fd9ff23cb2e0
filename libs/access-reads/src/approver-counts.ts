import { type Role, rolePermissions, roles } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** Whom a rule asks for: a role or a group. */
export type AskedApprover = { readonly role: Role } | { readonly group: string };

/** Without one of these nobody signs, whatever else they hold. */
const deciding: readonly Role[] = roles.filter((role) => rolePermissions[role].includes('promotions:decide'));

/** How many people there are who could sign, so that a rule that asks for more can be called out. */
@Injectable()
export class ApproverCounts {
  /** People of a workspace who hold the role, or are in the group, and may sign at all. */
  async of(tx: Tx, workspace: string, approver: AskedApprover): Promise<number> {
    const [column, name] = 'role' in approver ? ['role', approver.role] : ['group', approver.group];
    const rows: { count: number }[] = await tx.query(
      `select count(*)::int as count from access.person p
         where p.disabled_at is null
           and exists (select from access.membership d where d.person_id = p.id and d.workspace = $1 and d.role = any($2::text[]))
           and case $3::text
             when 'role' then exists (select from access.membership m where m.person_id = p.id and m.workspace = $1 and m.role = $4)
             else exists (select from access.group_member g where g.person_id = p.id and g.workspace = $1 and g.group_name = $4) end`,
      [workspace, deciding, column, name],
    );
    return rows[0]?.count ?? 0;
  }
}
