import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, grantAll, telemetry } from '../declare.js';
import { defaultExperiment } from './default-experiment.js';

/** Experiments, runs and logged models (governed), and what is logged about them (telemetry). */
export class CreateTracking1795300200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...experiments, ...runs, ...metrics, ...loggedModels, ...inputs, ...files])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop table tracking.file, tracking.run_model, tracking.run_dataset, tracking.dataset',
      'drop table tracking.logged_model_metric, tracking.logged_model_tag, tracking.logged_model_param, tracking.logged_model',
      'drop table tracking.metric_latest, tracking.metric_point, tracking.metric_key',
      'drop table tracking.run_tag, tracking.param, tracking.run, tracking.experiment_tag, tracking.experiment',
      'drop sequence tracking.metric_key_id, tracking.run_number, tracking.experiment_number',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const experiments = [
  'create sequence tracking.experiment_number',
  `create table tracking.experiment (
     experiment_id bigint not null, workspace text not null, name text not null, artifact_location text not null,
     lifecycle_stage text not null, created_ms bigint not null, updated_ms bigint not null,
     constraint experiment_pk primary key (experiment_id), constraint experiment_name unique (workspace, name),
     constraint experiment_stage check (lifecycle_stage in ('active', 'deleted')))`,
  `create table tracking.experiment_tag (
     experiment_id bigint not null, key text not null, value text not null,
     constraint experiment_tag_pk primary key (experiment_id, key),
     constraint experiment_tag_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  ...governed('tracking.experiment', { key: ['experiment_id'] }),
  ...defaultExperiment(),
  ...governed('tracking.experiment_tag', { key: ['experiment_id', 'key'] }),
  'grant usage on sequence tracking.experiment_number to registry_svc',
  'grant select, insert on tracking.experiment to registry_svc',
  'grant update (name, lifecycle_stage, updated_ms) on tracking.experiment to registry_svc',
  ...grantAll('registry_svc', 'tracking.experiment_tag'),
];

/** `number` is the run's short name in the narrow tables; the wire knows `run_id` only. */
const runs = [
  'create sequence tracking.run_number',
  `create table tracking.run (
     run_id text not null, number bigint not null, experiment_id bigint not null, workspace text not null, name text not null,
     user_id text not null, created_by text not null, status text not null, start_time_ms bigint not null, end_time_ms bigint,
     artifact_uri text not null, lifecycle_stage text not null,
     constraint run_pk primary key (run_id), constraint run_by_number unique (number),
     constraint run_status check (status in ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
     constraint run_stage check (lifecycle_stage in ('active', 'deleted')),
     constraint run_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  'create index run_by_start on tracking.run (experiment_id, start_time_ms desc, run_id)',
  `create table tracking.param (
     run_number bigint not null, key text not null, value text not null,
     constraint param_pk primary key (run_number, key),
     constraint param_run foreign key (run_number) references tracking.run (number))`,
  `create table tracking.run_tag (
     run_number bigint not null, key text not null, value text not null,
     constraint run_tag_pk primary key (run_number, key),
     constraint run_tag_run foreign key (run_number) references tracking.run (number))`,
  ...governed('tracking.run', {
    key: ['run_id'],
    columns: [
      'run_id',
      'number',
      'experiment_id',
      'workspace',
      'created_by',
      'status',
      'end_time_ms',
      'artifact_uri',
      'lifecycle_stage',
    ],
  }),
  ...telemetry('tracking.param'),
  ...telemetry('tracking.run_tag'),
  'grant usage on sequence tracking.run_number to registry_svc',
  'grant select, insert on tracking.run, tracking.param to registry_svc',
  'grant update (name, status, end_time_ms, lifecycle_stage) on tracking.run to registry_svc',
  ...grantAll('registry_svc', 'tracking.run_tag'),
];

/** The key of a point is the point itself, in the order in which a history is read; NaN and the infinities are Postgres's own. */
const metrics = [
  'create sequence tracking.metric_key_id',
  `create table tracking.metric_key (
     id bigint not null, name text not null,
     constraint metric_key_pk primary key (id), constraint metric_key_name unique (name))`,
  `create table tracking.metric_point (
     run_number bigint not null, key_id bigint not null, timestamp_ms bigint not null, step bigint not null, value double precision not null,
     constraint metric_point_pk primary key (run_number, key_id, timestamp_ms, step, value))`,
  `create table tracking.metric_latest (
     run_number bigint not null, key_id bigint not null, step bigint not null, timestamp_ms bigint not null, value double precision not null,
     constraint metric_latest_pk primary key (run_number, key_id))`,
  ...['metric_key', 'metric_point', 'metric_latest'].flatMap((name) => telemetry(`tracking.${name}`)),
  'grant usage on sequence tracking.metric_key_id to registry_svc',
  'grant select, insert on tracking.metric_key, tracking.metric_point to registry_svc',
  'grant select, insert, update on tracking.metric_latest to registry_svc',
];

const loggedModels = [
  `create table tracking.logged_model (
     model_id text not null, experiment_id bigint not null, workspace text not null, name text not null, model_type text, status text not null,
     source_run_id text, created_by text not null, artifact_uri text not null, lifecycle_stage text not null,
     created_ms bigint not null, updated_ms bigint not null,
     constraint logged_model_pk primary key (model_id),
     constraint logged_model_status check (status in ('LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED')),
     constraint logged_model_stage check (lifecycle_stage in ('active', 'deleted')),
     constraint logged_model_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  'create index logged_model_by_creation on tracking.logged_model (experiment_id, created_ms desc, model_id)',
  'create index logged_model_by_run on tracking.logged_model (source_run_id)',
  ...['param', 'tag'].map(
    (part) => `create table tracking.logged_model_${part} (
     model_id text not null, key text not null, value text not null,
     constraint logged_model_${part}_pk primary key (model_id, key),
     constraint logged_model_${part}_model foreign key (model_id) references tracking.logged_model (model_id))`,
  ),
  // Empty dataset columns mean that no dataset was named.
  `create table tracking.logged_model_metric (
     model_id text not null, key_id bigint not null, timestamp_ms bigint not null, step bigint not null, run_number bigint not null,
     dataset_name text not null, dataset_digest text not null, value double precision not null,
     constraint logged_model_metric_pk primary key (model_id, key_id, timestamp_ms, step, run_number, dataset_name, dataset_digest),
     constraint logged_model_metric_model foreign key (model_id) references tracking.logged_model (model_id))`,
  ...governed('tracking.logged_model', {
    key: ['model_id'],
    columns: [
      'model_id',
      'experiment_id',
      'workspace',
      'name',
      'status',
      'source_run_id',
      'created_by',
      'artifact_uri',
      'lifecycle_stage',
    ],
  }),
  ...['param', 'tag', 'metric'].flatMap((part) => telemetry(`tracking.logged_model_${part}`)),
  'grant select, insert on tracking.logged_model, tracking.logged_model_param, tracking.logged_model_metric to registry_svc',
  'grant update (status, lifecycle_stage, updated_ms) on tracking.logged_model to registry_svc',
  ...grantAll('registry_svc', 'tracking.logged_model_tag'),
];

const inputs = [
  `create table tracking.dataset (
     id text not null, experiment_id bigint not null, name text not null, digest text not null, source_type text not null, source text not null,
     schema text, profile text,
     constraint dataset_pk primary key (id), constraint dataset_digest unique (experiment_id, name, digest),
     constraint dataset_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  `create table tracking.run_dataset (
     run_number bigint not null, dataset_id text not null, tags jsonb not null,
     constraint run_dataset_pk primary key (run_number, dataset_id),
     constraint run_dataset_run foreign key (run_number) references tracking.run (number),
     constraint run_dataset_dataset foreign key (dataset_id) references tracking.dataset (id))`,
  `create table tracking.run_model (
     run_number bigint not null, direction text not null, model_id text not null, step bigint not null,
     constraint run_model_pk primary key (run_number, direction, model_id),
     constraint run_model_direction check (direction in ('input', 'output')),
     constraint run_model_run foreign key (run_number) references tracking.run (number),
     constraint run_model_model foreign key (model_id) references tracking.logged_model (model_id))`,
  ...['dataset', 'run_dataset', 'run_model'].flatMap((name) => telemetry(`tracking.${name}`)),
  'grant select, insert on tracking.dataset, tracking.run_model to registry_svc',
  'grant select, insert, update on tracking.run_dataset to registry_svc',
];

const files = [
  `create table tracking.file (
     owner_kind text not null, owner_id text not null, path text not null, blob_key text not null, size bigint not null, sha256 text not null,
     created_ms bigint not null,
     constraint file_pk primary key (owner_kind, owner_id, path),
     constraint file_owner_kind check (owner_kind in ('run', 'logged_model')))`,
  'create index file_by_blob on tracking.file (blob_key)',
  ...telemetry('tracking.file'),
  ...grantAll('registry_svc', 'tracking.file'),
];
