import { AppError } from '@assay/platform/http';
import type { EvaluationDatasetMessage } from '@assay/pure/mlflow-wire';

/** A set of inputs, with what is expected of an answer to each, that judges of language models share. */
export interface EvaluationDataset {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly schema: object | null;
  readonly profile: object | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly experimentIds: readonly string[];
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** Tag by which clients say who they are. */
export const userTag = 'mlflow.user';

export function datasetNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Evaluation dataset with id '${id}' not found`);
}

/** As MLflow writes it: maps are JSON text. */
export function datasetToWire(dataset: EvaluationDataset): EvaluationDatasetMessage {
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    tags: JSON.stringify(dataset.tags),
    ...(dataset.schema === null ? {} : { schema: JSON.stringify(dataset.schema) }),
    ...(dataset.profile === null ? {} : { profile: JSON.stringify(dataset.profile) }),
    digest: dataset.digest,
    created_time: dataset.createdMs,
    last_update_time: dataset.updatedMs,
    ...(dataset.createdBy === null ? {} : { created_by: dataset.createdBy }),
    ...(dataset.updatedBy === null ? {} : { last_updated_by: dataset.updatedBy }),
    ...(dataset.experimentIds.length > 0 ? { experiment_ids: [...dataset.experimentIds] } : {}),
  };
}
