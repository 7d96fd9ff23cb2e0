import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { ModelVersionEntity } from '../model-versions/model-version.entity.js';
import { RegisteredModelEntity } from '../models/registered-model.entity.js';

/** A named place that consumers read. The row stays when the pointer is empty. */
@Entity({ schema: 'registry', name: 'pointer' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], { name: 'pointer_version' })
export class PointerEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'pointer_pk' })
  @ForeignKey(() => RegisteredModelEntity, { name: 'pointer_model' })
  modelId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'pointer_pk' })
  name!: string;

  @Column('bigint', { nullable: true })
  version!: string | null;

  /** Number of moves so far. */
  @Column('bigint')
  sequence!: string;

  @Column('timestamptz', { name: 'moved_at' })
  movedAt!: Date;
}

/** The ledger: one row per move, insert only. */
@Entity({ schema: 'registry', name: 'pointer_move' })
@ForeignKey(() => PointerEntity, ['modelId', 'pointer'], ['modelId', 'name'], { name: 'pointer_move_pointer' })
@Unique('pointer_move_sequence', ['modelId', 'pointer', 'sequence'])
@Index('pointer_move_by_time', ['modelId', 'pointer', 'movedAt'])
@Check(
  'pointer_move_via',
  `via in ('alias', 'stage', 'pointer', 'promotion', 'rollback', 'break-glass', 'version-delete', 'model-delete')`,
)
export class PointerMoveEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pointer_move_pk' })
  id!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('text')
  pointer!: string;

  @Column('bigint')
  sequence!: string;

  @Column('bigint', { name: 'from_version', nullable: true })
  fromVersion!: string | null;

  @Column('bigint', { name: 'to_version', nullable: true })
  toVersion!: string | null;

  @Column('text')
  via!: string;

  @Column('text', { name: 'actor_id' })
  actorId!: string;

  @Column('text', { name: 'actor_kind' })
  actorKind!: string;

  @Column('text', { name: 'on_behalf_of', nullable: true })
  onBehalfOf!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column('jsonb')
  evidence!: object;

  @Column('timestamptz', { name: 'moved_at' })
  movedAt!: Date;
}
