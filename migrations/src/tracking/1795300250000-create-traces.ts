import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantAll, telemetry } from '../declare.js';

/** Traces, their spans, what they are linked to and what was said of them: telemetry, like the points of a run. */
export class CreateTraces1795300250000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...traces, ...spans, ...links, ...assessments, ...files]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from tracking.file where owner_kind = 'trace'`);
    await runner.query('alter table tracking.file drop constraint file_owner_kind');
    await runner.query(
      `alter table tracking.file add constraint file_owner_kind check (owner_kind in ('run', 'logged_model'))`,
    );
    await runner.query(
      `delete from audit.declared_table where name = any ('{tracking.assessment, tracking.trace_link, tracking.span, tracking.trace}')`,
    );
    await runner.query('drop table tracking.assessment, tracking.trace_link, tracking.span, tracking.trace');
  }
}

/** Tags and metadata lie in the row itself: one statement reads or writes everything that is known of a trace but its spans. */
const traces = [
  `create table tracking.trace (
     trace_id text not null, experiment_id bigint not null, workspace text not null, request_time_ms bigint not null, duration_ms bigint,
     state text not null, client_request_id text, request_preview text, response_preview text, artifact_uri text not null,
     finalized boolean not null, has_spans boolean not null, tags jsonb not null, metadata jsonb not null,
     constraint trace_pk primary key (trace_id),
     constraint trace_state check (state in ('STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS')),
     constraint trace_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  'create index trace_by_time on tracking.trace (experiment_id, request_time_ms desc, trace_id)',
  `create index trace_by_source_run on tracking.trace ((metadata ->> 'mlflow.sourceRun')) where metadata ? 'mlflow.sourceRun'`,
  `create index trace_by_session on tracking.trace (experiment_id, (metadata ->> 'mlflow.trace.session')) where metadata ? 'mlflow.trace.session'`,
  ...telemetry('tracking.trace'),
  ...grantAll('registry_svc', 'tracking.trace'),
];

/** Attributes, events and links as MLflow's JSON of OTLP writes them, so that reading converts nothing. `usage` and `cost` are those of them that a trace sums up. No foreign key: the trace's row is locked by every write. */
const spans = [
  `create table tracking.span (
     trace_id text not null, span_id text not null, parent_span_id text, name text not null, kind bigint not null, type text,
     start_ns bigint not null, end_ns bigint, status text not null, status_message text, trace_state text, flags bigint not null,
     attributes jsonb not null, events jsonb not null, links jsonb not null, usage jsonb, cost jsonb,
     constraint span_pk primary key (trace_id, span_id),
     constraint span_status check (status in ('UNSET', 'OK', 'ERROR')))`,
  ...telemetry('tracking.span'),
  ...grantAll('registry_svc', 'tracking.span'),
];

const links = [
  `create table tracking.trace_link (
     trace_id text not null, kind text not null, target text not null,
     constraint trace_link_pk primary key (trace_id, kind, target),
     constraint trace_link_kind check (kind in ('run', 'prompt')),
     constraint trace_link_trace foreign key (trace_id) references tracking.trace (trace_id))`,
  'create index trace_link_by_target on tracking.trace_link (kind, target)',
  ...telemetry('tracking.trace_link'),
  ...grantAll('registry_svc', 'tracking.trace_link'),
];

/** `value` is JSON text as it was given; `number` the same where it is a number. */
const assessments = [
  `create table tracking.assessment (
     assessment_id text not null, trace_id text not null, name text not null, kind text not null, value text not null, number double precision,
     error jsonb, created_ms bigint not null, updated_ms bigint not null, source_type text not null, source_id text, run_id text, span_id text,
     rationale text, overrides text, valid boolean not null, metadata jsonb not null,
     constraint assessment_pk primary key (assessment_id),
     constraint assessment_kind check (kind in ('feedback', 'expectation', 'issue')),
     constraint assessment_trace foreign key (trace_id) references tracking.trace (trace_id))`,
  'create index assessment_by_trace on tracking.assessment (trace_id, created_ms)',
  ...telemetry('tracking.assessment'),
  ...grantAll('registry_svc', 'tracking.assessment'),
];

const files = [
  'alter table tracking.file drop constraint file_owner_kind',
  `alter table tracking.file add constraint file_owner_kind check (owner_kind in ('run', 'logged_model', 'trace'))`,
];
