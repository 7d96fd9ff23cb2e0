import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

export type GroupSource = 'manual' | 'oidc';

export interface GroupMember {
  groupName: string;
  personId: string;
  source: GroupSource;
  since: Date;
}

const columns = 'group_name as "groupName", person_id as "personId", source, since';

@Injectable()
export class GroupStore {
  /** Lets one transaction at a time change who is in the groups of a workspace. */
  async lockGroups(tx: Tx, workspace: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('access groups of ' || $1, 0))`, [workspace]);
  }

  async list(tx: Tx, workspace: string): Promise<GroupMember[]> {
    return tx.query(
      `select ${columns} from access.group_member where workspace = $1 order by group_name, person_id, source limit 100000`,
      [workspace],
    );
  }

  async membersOf(tx: Tx, workspace: string, groupName: string): Promise<GroupMember[]> {
    return tx.query(
      `select ${columns} from access.group_member where workspace = $1 and group_name = $2 order by person_id, source`,
      [workspace, groupName],
    );
  }

  /** The groups that a person is in by one source's word. */
  async groupsOf(tx: Tx, workspace: string, personId: string, source: GroupSource): Promise<string[]> {
    const rows: { name: string }[] = await tx.query(
      `select group_name as name from access.group_member where workspace = $1 and person_id = $2 and source = $3 order by 1`,
      [workspace, personId, source],
    );
    return rows.map(({ name }) => name);
  }

  async add(tx: Tx, workspace: string, member: GroupMember): Promise<void> {
    await tx.query(
      'insert into access.group_member (workspace, group_name, person_id, source, since) values ($1, $2, $3, $4, $5)',
      [workspace, member.groupName, member.personId, member.source, member.since],
    );
  }

  /** Takes a person out of whatever administrators put them into, and answers the names. */
  async leave(tx: Tx, workspace: string, personId: string): Promise<string[]> {
    await this.lockGroups(tx, workspace);
    const [rows]: [{ name: string }[], number] = await tx.query(
      `delete from access.group_member where workspace = $1 and person_id = $2 and source = 'manual' returning group_name as name`,
      [workspace, personId],
    );
    return rows.map(({ name }) => name).toSorted();
  }

  async remove(tx: Tx, workspace: string, member: Omit<GroupMember, 'since'>): Promise<void> {
    await tx.query(
      'delete from access.group_member where workspace = $1 and group_name = $2 and person_id = $3 and source = $4',
      [workspace, member.groupName, member.personId, member.source],
    );
  }
}
