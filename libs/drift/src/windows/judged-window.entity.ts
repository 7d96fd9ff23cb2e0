import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { MonitorEntity } from '../monitors/monitor.entity.js';

/** What was said of a window; never updated. */
@Entity({ schema: 'drift', name: 'judged_window' })
@Unique('judged_window_once', ['monitorId', 'fromAt', 'toAt', 'predictionsDigest'])
@Index('judged_window_by_judge', ['judgedBy'])
@Index('judged_window_by_alert', { synchronize: false })
@Check('judged_window_verdict', `verdict in ('shifted', 'steady', 'not-enough-data', 'checks-failed')`)
export class JudgedWindowEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'judged_window_pk' })
  id!: string;

  @Column('text', { name: 'monitor_id' })
  @ForeignKey(() => MonitorEntity, { name: 'judged_window_monitor' })
  monitorId!: string;

  @Column('text')
  label!: string;

  @Column('timestamptz', { name: 'from_at' })
  fromAt!: Date;

  @Column('timestamptz', { name: 'to_at' })
  toAt!: Date;

  @Column('bigint')
  rows!: string;

  @Column('bigint', { name: 'rows_used' })
  rowsUsed!: string;

  @Column('text')
  verdict!: 'shifted' | 'steady' | 'not-enough-data' | 'checks-failed';

  @Column('jsonb')
  shifted!: object;

  @Column('jsonb')
  findings!: object;

  @Column('jsonb')
  checks!: object;

  @Column('text', { name: 'reference_digest' })
  referenceDigest!: string;

  @Column('text', { name: 'predictions_digest' })
  predictionsDigest!: string;

  @Column('text', { name: 'alert_id', nullable: true })
  alertId!: string | null;

  @Column('text', { name: 'judged_by' })
  judgedBy!: string;

  @Column('timestamptz', { name: 'judged_at' })
  judgedAt!: Date;
}
