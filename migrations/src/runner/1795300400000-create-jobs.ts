import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, grantAll, grantRead, telemetry } from '../declare.js';

/** Jobs, their attempts, what a running attempt tells of itself, log lines, and triggers. */
export class CreateJobs1795300400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...jobs, ...attempts, ...triggers, ...views]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view runner.live_attempt');
    await runner.query(
      'drop table runner.event_cursor, runner.job_log, runner.attempt_status, runner.attempt, runner.job, runner.trigger',
    );
  }
}

const states = `'queued', 'admitted', 'starting', 'running', 'succeeded', 'failed', 'cancelled'`;

/** `epoch` is the number of the latest attempt: it only grows, and a worker's write that carries an older one is refused. */
const jobs = [
  `create table runner.trigger (
     id text not null, workspace text not null, name text not null, on_event text not null, monitor text, model text, job jsonb not null,
     created_at timestamptz not null, created_by text not null, created_by_kind text not null,
     constraint trigger_pk primary key (id), constraint trigger_name unique (workspace, name))`,
  `create table runner.job (
     id text not null, workspace text not null, recipe text not null, spec jsonb not null, spec_digest text not null, seed bigint not null,
     queue text not null, priority bigint not null, max_attempts bigint not null, state text not null, epoch bigint not null, run_id text,
     created_at timestamptz not null, created_by text not null, created_by_kind text not null, started_at timestamptz, ended_at timestamptz,
     cancel_requested_at timestamptz, result jsonb, error text, trigger_id text, event_id text,
     constraint job_pk primary key (id),
     constraint job_once_per_event unique (trigger_id, event_id),
     constraint job_state check (state in (${states})),
     constraint job_trigger foreign key (trigger_id) references runner.trigger (id))`,
  `create index job_by_workspace on runner.job (workspace, id)`,
  `create index job_unfinished on runner.job (priority, id) where state in ('queued', 'admitted', 'starting', 'running')`,
  ...governed('runner.job', { key: ['id'] }),
  ...governed('runner.trigger', { key: ['id'] }),
  'grant select, insert on runner.job, runner.trigger to runner_svc',
  'grant update (state, epoch, run_id, started_at, ended_at, cancel_requested_at, result, error) on runner.job to runner_svc',
];

/** `attempt_status` holds what changes with every heartbeat; the facts among it go into the record that ends the attempt. */
const attempts = [
  `create table runner.attempt (
     job_id text not null, epoch bigint not null, state text not null, started_at timestamptz not null, ended_at timestamptz,
     machine jsonb, reason text,
     constraint attempt_pk primary key (job_id, epoch),
     constraint attempt_state check (state in ('starting', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'interrupted')),
     constraint attempt_job foreign key (job_id) references runner.job (id))`,
  `create table runner.attempt_status (
     job_id text not null, epoch bigint not null, lease_until timestamptz not null, progress jsonb, backend jsonb, data_read jsonb not null,
     executor_host text, pid bigint, process_start text,
     constraint attempt_status_pk primary key (job_id, epoch),
     constraint attempt_status_attempt foreign key (job_id, epoch) references runner.attempt (job_id, epoch))`,
  `create table runner.job_log (
     job_id text not null, position bigint not null, epoch bigint not null, at timestamptz not null, level text not null, text text not null,
     constraint job_log_pk primary key (job_id, position),
     constraint job_log_job foreign key (job_id) references runner.job (id))`,
  ...governed('runner.attempt', { key: ['job_id', 'epoch'] }),
  ...telemetry('runner.attempt_status'),
  ...telemetry('runner.job_log'),
  'grant select, insert on runner.attempt to runner_svc',
  'grant update (state, ended_at, machine, reason) on runner.attempt to runner_svc',
  ...grantAll('runner_svc', 'runner.attempt_status', 'runner.job_log'),
];

const triggers = [
  `create table runner.event_cursor (subscription text not null, next_index bigint not null, constraint event_cursor_pk primary key (subscription))`,
  'grant select, insert, update on runner.event_cursor to runner_svc',
  ...telemetry('runner.event_cursor'),
];

/** The one attempt of a job that may still act: a job token for any other is worth nothing, however long it is valid. */
const views = [
  `create view runner.live_attempt as select id as job_id, epoch from runner.job where state in ('starting', 'running')`,
  ...grantRead('runner.live_attempt', 'registry_svc', 'runner_svc', 'drift_svc', 'audit_svc'),
];
