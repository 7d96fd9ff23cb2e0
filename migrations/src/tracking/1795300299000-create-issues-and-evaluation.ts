import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, grantAll, telemetry } from '../declare.js';

/** Issues found in traces, scorers by version, and evaluation datasets (governed) with their records (telemetry: the dataset's digest moves with them). */
export class CreateIssuesAndEvaluation1795300299000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from audit.declared_table where name = any($1)`, [tables]);
    await runner.query(`drop table ${tables.toReversed().join(', ')}`);
  }
}

const tables = [
  'tracking.issue',
  'tracking.scorer_version',
  'tracking.evaluation_dataset',
  'tracking.evaluation_record',
];

const statements = [
  `create table tracking.issue (
     issue_id text not null, workspace text not null, experiment_id bigint not null, name text not null, description text not null,
     status text not null, severity text, source_run_id text, root_causes jsonb not null, categories jsonb not null, created_by text,
     created_ms bigint not null, updated_ms bigint not null,
     constraint issue_pk primary key (issue_id),
     constraint issue_experiment foreign key (experiment_id) references tracking.experiment (experiment_id),
     constraint issue_status check (status in ('pending', 'rejected', 'resolved')),
     constraint issue_severity check (severity in ('not_an_issue', 'low', 'medium', 'high')))`,
  'create index issue_by_experiment on tracking.issue (experiment_id)',
  ...governed('tracking.issue', { key: ['issue_id'] }),
  `create table tracking.scorer_version (
     experiment_id bigint not null, name text not null, version bigint not null, scorer_id text not null, serialized text not null, created_ms bigint not null,
     constraint scorer_version_pk primary key (experiment_id, name, version),
     constraint scorer_version_experiment foreign key (experiment_id) references tracking.experiment (experiment_id))`,
  ...governed('tracking.scorer_version', { key: ['experiment_id', 'name', 'version'] }),
  `create table tracking.evaluation_dataset (
     dataset_id text not null, workspace text not null, name text not null, digest text not null, schema jsonb, profile jsonb,
     tags jsonb not null, experiment_ids jsonb not null, created_by text, updated_by text, created_ms bigint not null, updated_ms bigint not null,
     constraint evaluation_dataset_pk primary key (dataset_id))`,
  'create index evaluation_dataset_by_age on tracking.evaluation_dataset (workspace, created_ms)',
  ...governed('tracking.evaluation_dataset', { key: ['dataset_id'] }),
  `create table tracking.evaluation_record (
     record_id text not null, dataset_id text not null, input_hash text not null, inputs jsonb not null, outputs jsonb, expectations jsonb,
     tags jsonb, source jsonb, created_by text, updated_by text, created_ms bigint not null, updated_ms bigint not null,
     constraint evaluation_record_pk primary key (record_id),
     constraint evaluation_record_input unique (dataset_id, input_hash),
     constraint evaluation_record_dataset foreign key (dataset_id) references tracking.evaluation_dataset (dataset_id))`,
  ...telemetry('tracking.evaluation_record'),
  ...grantAll('registry_svc', ...tables),
];
