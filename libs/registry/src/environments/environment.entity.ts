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
