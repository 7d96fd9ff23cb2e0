import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { MonitorEntity } from '../monitors/monitor.entity.js';
import { JudgedWindowEntity } from '../windows/judged-window.entity.js';

/** Open until somebody closes it; at most one open alert of a kind per monitor. */
@Entity({ schema: 'drift', name: 'alert' })
@Index('alert_open', { synchronize: false })
@Index('alert_by_workspace', ['workspace', 'openedAt'])
@Check('alert_kind', `kind in ('drift', 'data')`)
@Check('alert_state', `state in ('open', 'closed')`)
@Check(
  'alert_closed',
  `(state = 'closed') = (closed_at is not null and closed_by is not null and close_reason is not null)`,
)
export class AlertEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alert_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text', { name: 'monitor_id' })
  @ForeignKey(() => MonitorEntity, { name: 'alert_monitor' })
  monitorId!: string;

  @Column('text', { name: 'window_id' })
  @ForeignKey(() => JudgedWindowEntity, { name: 'alert_window' })
  windowId!: string;

  @Column('text')
  kind!: 'drift' | 'data';

  @Column('text')
  state!: 'open' | 'closed';

  @Column('text')
  severity!: 'low' | 'medium' | 'high';

  @Column('text')
  owner!: string;

  @Column('text')
  runbook!: string;

  @Column('jsonb')
  features!: string[];

  @Column('bigint')
  windows!: string;

  @Column('timestamptz', { name: 'opened_at' })
  openedAt!: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;

  @Column('text', { name: 'closed_by', nullable: true })
  closedBy!: string | null;

  @Column('text', { name: 'close_reason', nullable: true })
  closeReason!: string | null;
}
