import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { WorkspaceEntity } from '../people/person.entity.js';

/** What a subject may or may not do with the models whose names fit a pattern, beside its roles. */
@Entity({ schema: 'access', name: 'model_grant' })
@Check('model_grant_subject_kind', `subject_kind in ('person', 'group', 'service', 'role')`)
@Check('model_grant_effect', `effect in ('allow', 'deny')`)
@Index('model_grant_by_subject', ['workspace', 'subjectKind', 'subject'])
export class ModelGrantEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'model_grant_pk' })
  id!: string;

  @Column('text')
  @ForeignKey(() => WorkspaceEntity, { name: 'model_grant_workspace' })
  workspace!: string;

  @Column('text', { name: 'subject_kind' })
  subjectKind!: string;

  @Column('text')
  subject!: string;

  @Column('text', { name: 'name_pattern' })
  namePattern!: string;

  @Column('jsonb')
  permissions!: readonly string[];

  @Column('text')
  effect!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
