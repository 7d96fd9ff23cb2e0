import { type Actor, hiddenModels } from '@assay/contracts';
import { AppError } from '@assay/platform/http';
import type { LoggedModelStatus } from '@assay/pure/mlflow-wire';
import type { KeyValue } from '../experiments/experiment.js';
import type { MetricPoint } from '../runs/run.js';

export interface LoggedModel {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string | null;
  readonly status: LoggedModelStatus;
  readonly sourceRunId: string | null;
  readonly createdBy: string;
  readonly artifactUri: string;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface LoggedModelMetric extends MetricPoint {
  readonly run_id: string;
  readonly model_id: string;
  readonly dataset_name?: string;
  readonly dataset_digest?: string;
}

/** A logged model with everything that was logged about it. */
export interface LoggedModelDetail {
  readonly model: LoggedModel;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly metrics: readonly LoggedModelMetric[];
}

/** A version registered from a logged model. */
export interface Registration {
  readonly name: string;
  readonly version: number;
}

/** A logged model with the versions that were registered from it. */
export interface RegisteredLoggedModel extends LoggedModelDetail {
  readonly registrations: readonly Registration[];
}

/** The tag in which MLflow's clients keep the same; theirs to write. */
export const versionsTag = 'mlflow.modelVersions';

/** As a caller may see it: to whom models are hidden, what a client wrote of registrations in a tag is not shown either. */
export function registeredAs(
  actor: Pick<Actor, 'modelGrants'>,
  model: LoggedModelDetail,
  registrations: readonly Registration[],
): RegisteredLoggedModel {
  const tags = hiddenModels(actor).length === 0 ? model.tags : model.tags.filter(({ key }) => key !== versionsTag);
  return { ...model, tags, registrations };
}

export function loggedModelNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`);
}
