import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { PersonEntity, WorkspaceEntity } from '../people/person.entity.js';

/** Somebody in a group: once for each who says so. */
@Entity({ schema: 'access', name: 'group_member' })
@Check('group_member_source', `source in ('manual', 'oidc')`)
@Index('group_member_by_person', ['personId', 'workspace'])
export class GroupMemberEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'group_member_pk' })
  @ForeignKey(() => WorkspaceEntity, { name: 'group_member_workspace' })
  workspace!: string;

  @PrimaryColumn('text', { name: 'group_name', primaryKeyConstraintName: 'group_member_pk' })
  groupName!: string;

  @PrimaryColumn('text', { name: 'person_id', primaryKeyConstraintName: 'group_member_pk' })
  @ForeignKey(() => PersonEntity, { name: 'group_member_person' })
  personId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'group_member_pk' })
  source!: string;

  @Column('timestamptz')
  since!: Date;
}
