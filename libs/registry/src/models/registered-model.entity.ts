import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'registry', name: 'registered_model' })
@Index('registered_model_name', { synchronize: false })
export class RegisteredModelEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'registered_model_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  /** Highest number ever given; a deleted version's number is never used again. */
  @Column('bigint', { name: 'last_version' })
  lastVersion!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}

@Entity({ schema: 'registry', name: 'registered_model_tag' })
export class RegisteredModelTagEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'registered_model_tag_pk' })
  @ForeignKey(() => RegisteredModelEntity, { name: 'registered_model_tag_model' })
  modelId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'registered_model_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;
}
