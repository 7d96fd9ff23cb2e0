import type { MonitoredFeature } from '@assay/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'drift', name: 'monitor' })
@Unique('monitor_name', ['workspace', 'name'])
@Index('monitor_by_model', ['workspace', 'model'])
@Check('monitor_severity', `severity in ('low', 'medium', 'high')`)
export class MonitorEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'monitor_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text')
  model!: string;

  @Column('text', { nullable: true })
  pointer!: string | null;

  @Column('text', { name: 'reference_name' })
  referenceName!: string;

  @Column('bigint', { name: 'reference_version' })
  referenceVersion!: string;

  @Column('text', { name: 'reference_digest' })
  referenceDigest!: string;

  @Column('bigint', { name: 'reference_rows' })
  referenceRows!: string;

  @Column('bigint', { name: 'rows_kept' })
  rowsKept!: string;

  @Column('jsonb')
  features!: MonitoredFeature[];

  @Column('double precision')
  alpha!: number;

  @Column('bigint', { name: 'minimum_rows' })
  minimumRows!: string;

  @Column('bigint')
  alarms!: string;

  @Column('bigint', { name: 'alarm_windows' })
  alarmWindows!: string;

  @Column('text')
  owner!: string;

  @Column('text')
  severity!: 'low' | 'medium' | 'high';

  @Column('text')
  runbook!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** Columns of the reference that windows are compared with, frozen with the monitor. */
@Entity({ schema: 'drift', name: 'monitor_reference' })
export class MonitorReferenceEntity {
  @PrimaryColumn('text', { name: 'monitor_id', primaryKeyConstraintName: 'monitor_reference_pk' })
  @ForeignKey(() => MonitorEntity, { name: 'monitor_reference_monitor' })
  monitorId!: string;

  @Column('jsonb')
  columns!: object;
}
