import type { Role } from '@assay/contracts';
import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { WorkspaceEntity } from '../people/person.entity.js';

/** A program that calls in its own name. It never holds a role that signs: the database refuses it. */
@Entity({ schema: 'access', name: 'service_account' })
@Unique('service_account_name', ['workspace', 'name'])
@Check('service_account_signs_nothing', `not jsonb_exists(roles, 'approver')`)
export class ServiceAccountEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'service_account_pk' })
  id!: string;

  @Column('text')
  @ForeignKey(() => WorkspaceEntity, { name: 'service_account_workspace' })
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('jsonb')
  roles!: readonly Role[];

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;
}
