import { z } from 'zod';

/*
 * What is carried from one server to another, in the order in which it must arrive. The shapes are MLflow's REST messages, unknown fields left
 * out; doubles that JSON has no number for travel as text ("NaN"), as MLflow sends them.
 */

const int64 = z.coerce.number();
const text = z.string().default('');
const pairs = z.array(z.object({ key: z.string(), value: text })).default([]);
const lifecycleStage = z.enum(['active', 'deleted']).default('active');

export const experimentMessage = z.object({
  experiment_id: z.string(),
  name: z.string(),
  lifecycle_stage: lifecycleStage,
  creation_time: int64.default(0),
  last_update_time: int64.default(0),
  tags: pairs,
});
export type ExperimentMessage = z.infer<typeof experimentMessage>;

export const metricMessage = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  timestamp: int64.default(0),
  step: int64.default(0),
  model_id: z.string().optional(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
  run_id: z.string().optional(),
});
export type MetricMessage = z.infer<typeof metricMessage>;

const datasetInput = z.object({
  tags: pairs,
  dataset: z.object({
    name: z.string(),
    digest: z.string(),
    source_type: text,
    source: text,
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
});

export const runMessage = z.object({
  info: z.object({
    run_id: z.string(),
    experiment_id: z.string(),
    run_name: text,
    user_id: text,
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).default('RUNNING'),
    start_time: int64.default(0),
    end_time: int64.optional(),
    artifact_uri: text,
    lifecycle_stage: lifecycleStage,
  }),
  data: z
    .object({ metrics: z.array(metricMessage).default([]), params: pairs, tags: pairs })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z
    .object({
      dataset_inputs: z.array(datasetInput).default([]),
      model_inputs: z.array(z.object({ model_id: z.string() })).default([]),
    })
    .default({ dataset_inputs: [], model_inputs: [] }),
  outputs: z
    .object({ model_outputs: z.array(z.object({ model_id: z.string(), step: int64.default(0) })).default([]) })
    .default({ model_outputs: [] }),
});
export type RunMessage = z.infer<typeof runMessage>;

export const loggedModelMessage = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: text,
    creation_timestamp_ms: int64.default(0),
    last_updated_timestamp_ms: int64.default(0),
    artifact_uri: text,
    status: z
      .enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'])
      .default('LOGGED_MODEL_PENDING'),
    model_type: z.string().optional(),
    source_run_id: z.string().optional(),
    tags: pairs,
  }),
  data: z.object({ params: pairs, metrics: z.array(metricMessage).default([]) }).default({ params: [], metrics: [] }),
});
export type LoggedModelMessage = z.infer<typeof loggedModelMessage>;

export const registeredModelMessage = z.object({
  name: z.string(),
  description: text,
  creation_timestamp: int64.default(0),
  last_updated_timestamp: int64.default(0),
  tags: pairs,
  aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
});
export type RegisteredModelMessage = z.infer<typeof registeredModelMessage>;

export const versionMessage = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: int64.default(0),
  last_updated_timestamp: int64.default(0),
  user_id: z.string().optional(),
  current_stage: z.string().default('None'),
  description: text,
  source: text,
  run_id: text,
  run_link: text,
  model_id: text,
  tags: pairs,
});
export type VersionMessage = z.infer<typeof versionMessage>;

/** One file of a run or logged model; its path is relative to the owner's root. */
export interface FileItem {
  readonly path: string;
  readonly size: number;
  open(): Promise<ReadableStream<Uint8Array>>;
}

/** What is carried, from whichever source. Everything comes after what it hangs on. */
export type Item =
  | { readonly kind: 'experiment'; readonly experiment: ExperimentMessage }
  | {
      readonly kind: 'run';
      readonly run: RunMessage;
      /** Full histories, a page at a time. */
      metrics(): AsyncIterable<readonly MetricMessage[]>;
      files(): AsyncIterable<FileItem>;
    }
  | { readonly kind: 'logged model'; readonly model: LoggedModelMessage; files(): AsyncIterable<FileItem> }
  /** No more of this experiment follows. */
  | { readonly kind: 'end of experiment'; readonly experiment: ExperimentMessage }
  | { readonly kind: 'registered model'; readonly model: RegisteredModelMessage }
  | { readonly kind: 'version'; readonly version: VersionMessage }
  /** No more of this model follows. */
  | { readonly kind: 'end of model'; readonly model: RegisteredModelMessage };

/** Where items come from: a server, or an archive. */
export interface Source {
  /** Names the origin in ids of imports and in the audit log. */
  readonly origin: string;
  items(): AsyncIterable<Item>;
}

/** Which part of a source is wanted. */
export interface Selection {
  /** Names of experiments; null: all. */
  readonly experiments: readonly string[] | null;
  /** Names of registered models; null: all. */
  readonly models: readonly string[] | null;
  readonly files: boolean;
}
