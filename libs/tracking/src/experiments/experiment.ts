import { AppError } from '@assay/platform/http';

export type LifecycleStage = 'active' | 'deleted';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly tags: readonly KeyValue[];
}

export function experimentNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
}

/** Refuses a change under a deleted experiment, in MLflow's words. */
export function requireActiveExperiment(experiment: Pick<Experiment, 'id' | 'lifecycleStage'>): void {
  if (experiment.lifecycleStage === 'active') return;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `The experiment ${experiment.id} must be in the 'active' state. Current state is deleted.`,
  );
}
