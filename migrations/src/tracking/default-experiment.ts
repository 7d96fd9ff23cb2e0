import { recordRow } from '../declare.js';

/** SQL that makes experiment 0, which MLflow's clients expect from the start, with its audit record. */
export function defaultExperiment(): string[] {
  return [
    `insert into tracking.experiment (experiment_id, workspace, name, artifact_location, lifecycle_stage, created_ms, updated_ms)
     select 0, 'default', 'Default', 'mlflow-artifacts:/0', 'active', at, at from (select (extract(epoch from now()) * 1000)::bigint as at) as made`,
    recordRow('tracking.experiment', ['0'], 'tracking.experiment.created.v1', { type: 'experiment', id: '0' }),
  ];
}
