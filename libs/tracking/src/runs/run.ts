import { AppError } from '@assay/platform/http';
import type { RunStatus } from '@assay/pure/mlflow-wire';
import type { KeyValue, LifecycleStage } from '../experiments/experiment.js';

/** A metric's value as the wire writes it: NaN has a name there. */
export type MetricValue = number | 'NaN';

export interface Run {
  readonly id: string;
  /** Short name in the narrow tables. */
  readonly number: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly createdBy: string;
  readonly status: RunStatus;
  readonly startTimeMs: number;
  readonly endTimeMs: number | null;
  readonly artifactUri: string;
  /** `deleted` as well while its experiment is deleted. */
  readonly lifecycleStage: LifecycleStage;
}

export interface MetricPoint {
  readonly key: string;
  readonly value: MetricValue;
  readonly timestamp: number;
  readonly step: number;
}

export interface DatasetUse {
  readonly tags: readonly KeyValue[];
  readonly dataset: {
    readonly name: string;
    readonly digest: string;
    readonly source_type: string;
    readonly source: string;
    readonly schema?: string;
    readonly profile?: string;
  };
}

/** A run with everything that was logged to it. */
export interface RunDetail {
  readonly run: Run;
  readonly metrics: readonly MetricPoint[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly datasets: readonly DatasetUse[];
  readonly modelInputs: readonly { readonly model_id: string }[];
  readonly modelOutputs: readonly { readonly model_id: string; readonly step: number }[];
}

export const runNameTag = 'mlflow.runName';

export function runNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Run with id=${id} not found`);
}

/** What a write to a deleted run is answered, in MLflow's words. */
export function runNotActive(id: string): AppError {
  return new AppError(
    'INVALID_PARAMETER_VALUE',
    `The run ${id} must be in the 'active' state. Current state is deleted.`,
  );
}

export function requireActiveRun(run: Run): void {
  if (run.lifecycleStage !== 'active') throw runNotActive(run.id);
}
