import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, telemetry } from '../declare.js';

/** Predictions, monitors with their references, judged windows and alerts. */
export class CreateDrift1795300500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...predictions, ...monitors, ...windows, ...alerts]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table drift.alert, drift.judged_window, drift.monitor_reference, drift.monitor, drift.prediction, drift.prediction_batch',
    );
  }
}

/** Rows are telemetry; the batch that brought them is recorded. */
const predictions = [
  `create table drift.prediction_batch (
     id text not null, workspace text not null, rows bigint not null, duplicates bigint not null, refused bigint not null,
     digest text not null, received_by text not null, received_at timestamptz not null,
     constraint prediction_batch_pk primary key (id))`,
  `create table drift.prediction (
     workspace text not null, model text not null, id text not null, version text, predicted_at timestamptz not null,
     features jsonb not null, score double precision, output text, segments jsonb, batch_id text not null,
     constraint prediction_pk primary key (workspace, model, id),
     constraint prediction_from_batch foreign key (batch_id) references drift.prediction_batch (id))`,
  'create index prediction_by_time on drift.prediction (workspace, model, predicted_at)',
  ...governed('drift.prediction_batch', { key: ['id'] }),
  ...telemetry('drift.prediction'),
  'grant select, insert on drift.prediction_batch, drift.prediction to drift_svc',
];

/** The reference is frozen with the monitor: no column of either is ever updated. */
const monitors = [
  `create table drift.monitor (
     id text not null, workspace text not null, name text not null, model text not null, pointer text,
     reference_name text not null, reference_version bigint not null, reference_digest text not null, reference_rows bigint not null, rows_kept bigint not null,
     features jsonb not null, alpha double precision not null, minimum_rows bigint not null, alarms bigint not null, alarm_windows bigint not null,
     owner text not null, severity text not null, runbook text not null, created_by text not null, created_at timestamptz not null,
     constraint monitor_pk primary key (id), constraint monitor_name unique (workspace, name),
     constraint monitor_severity check (severity in ('low', 'medium', 'high')))`,
  'create index monitor_by_model on drift.monitor (workspace, model)',
  `create table drift.monitor_reference (
     monitor_id text not null, columns jsonb not null,
     constraint monitor_reference_pk primary key (monitor_id),
     constraint monitor_reference_monitor foreign key (monitor_id) references drift.monitor (id))`,
  ...governed('drift.monitor', { key: ['id'] }),
  ...governed('drift.monitor_reference', { key: ['monitor_id'] }),
  'grant select, insert on drift.monitor, drift.monitor_reference to drift_svc',
];

/** A window judged again on other predictions (some came late) is another row: what was said stays said. */
const windows = [
  `create table drift.judged_window (
     id text not null, monitor_id text not null, label text not null, from_at timestamptz not null, to_at timestamptz not null,
     rows bigint not null, rows_used bigint not null, verdict text not null, shifted jsonb not null, findings jsonb not null, checks jsonb not null,
     reference_digest text not null, predictions_digest text not null, alert_id text, judged_by text not null, judged_at timestamptz not null,
     constraint judged_window_pk primary key (id),
     constraint judged_window_once unique (monitor_id, from_at, to_at, predictions_digest),
     constraint judged_window_monitor foreign key (monitor_id) references drift.monitor (id),
     constraint judged_window_verdict check (verdict in ('shifted', 'steady', 'not-enough-data', 'checks-failed')))`,
  ...governed('drift.judged_window', { key: ['id'] }),
  'grant select, insert on drift.judged_window to drift_svc',
];

/** At most one open alert of a kind per monitor; it stays open until somebody closes it. */
const alerts = [
  `create table drift.alert (
     id text not null, workspace text not null, monitor_id text not null, window_id text not null, kind text not null, state text not null,
     severity text not null, owner text not null, runbook text not null, features jsonb not null, windows bigint not null,
     opened_at timestamptz not null, closed_at timestamptz, closed_by text, close_reason text,
     constraint alert_pk primary key (id),
     constraint alert_monitor foreign key (monitor_id) references drift.monitor (id),
     constraint alert_window foreign key (window_id) references drift.judged_window (id),
     constraint alert_kind check (kind in ('drift', 'data')),
     constraint alert_state check (state in ('open', 'closed')),
     constraint alert_closed check ((state = 'closed') = (closed_at is not null and closed_by is not null and close_reason is not null)))`,
  `create unique index alert_open on drift.alert (monitor_id, kind) where state = 'open'`,
  'create index alert_by_workspace on drift.alert (workspace, opened_at)',
  ...governed('drift.alert', { key: ['id'] }),
  'grant select, insert on drift.alert to drift_svc',
  'grant update (state, windows, closed_at, closed_by, close_reason) on drift.alert to drift_svc',
];
