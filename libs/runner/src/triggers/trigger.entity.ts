import { eventCursorEntity } from '@assay/audit-reads';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'runner', name: 'trigger' })
@Unique('trigger_name', ['workspace', 'name'])
export class TriggerEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'trigger_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'on_event' })
  onEvent!: string;

  @Column('text', { nullable: true })
  monitor!: string | null;

  @Column('text', { nullable: true })
  model!: string | null;

  @Column('jsonb')
  job!: object;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('text', { name: 'created_by_kind' })
  createdByKind!: string;
}

/** How far the runner's triggers have followed the audit log. */
export const RunnerEventCursor = eventCursorEntity('runner');
