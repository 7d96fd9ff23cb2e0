import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** An environment of a workspace whose team has set its own. */
@Entity({ schema: 'registry', name: 'environment' })
export class EnvironmentEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'environment_pk' })
  workspace!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'environment_pk' })
  name!: string;

  /** Counts from 0, in the order in which a version passes through them. */
  @Column('bigint')
  position!: string;
}

/** That an alias belongs to an environment. */
@Entity({ schema: 'registry', name: 'environment_alias' })
@ForeignKey(() => EnvironmentEntity, ['workspace', 'environment'], ['workspace', 'name'], {
  name: 'environment_alias_environment',
})
export class EnvironmentAliasEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'environment_alias_pk' })
  workspace!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'environment_alias_pk' })
  alias!: string;

  @Column('text')
  environment!: string;
}

/** The whole list of environments as somebody set it; the newest holds. Insert only: the service's role has no right to update. */
@Entity({ schema: 'registry', name: 'environment_list' })
export class EnvironmentListEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'environment_list_pk' })
  workspace!: string;

  /** Counts from 1. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'environment_list_pk' })
  sequence!: string;

  @Column('jsonb')
  environments!: object;

  @Column('text', { name: 'set_by' })
  setBy!: string;

  @Column('timestamptz', { name: 'set_at' })
  setAt!: Date;
}
