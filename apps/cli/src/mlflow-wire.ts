import { z } from 'zod';

/** The parts of MLflow's answers that the command line and the demo read. 64-bit numbers may come as text. */
const int64 = z.coerce.number();
const text = z.string().default('');
const pairs = z.array(z.object({ key: z.string(), value: text })).default([]);

export const wireVersion = z.object({
  name: z.string(),
  version: z.string(),
  current_stage: text,
  status: text,
  source: text,
  run_id: text,
  aliases: z.array(z.string()).default([]),
  tags: pairs,
  creation_timestamp: int64.optional(),
});
export type WireVersion = z.infer<typeof wireVersion>;

export const wireModel = z.object({
  name: z.string(),
  description: text,
  aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
  latest_versions: z.array(wireVersion).default([]),
  creation_timestamp: int64.optional(),
});
export type WireModel = z.infer<typeof wireModel>;

export const wireMetric = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  step: int64.default(0),
  timestamp: int64.default(0),
});
export type WireMetric = z.infer<typeof wireMetric>;

export const wireRun = z.object({
  info: z.object({ run_id: z.string(), experiment_id: z.string(), run_name: text, status: text, artifact_uri: text }),
  data: z
    .object({ metrics: z.array(wireMetric).default([]), params: pairs, tags: pairs })
    .default({ metrics: [], params: [], tags: [] }),
});
export type WireRun = z.infer<typeof wireRun>;

export const wireFile = z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: int64.optional() });

export const searchModelsAnswer = z.object({
  registered_models: z.array(wireModel).default([]),
  next_page_token: z.string().optional(),
});
export const searchVersionsAnswer = z.object({
  model_versions: z.array(wireVersion).default([]),
  next_page_token: z.string().optional(),
});
export const versionAnswer = z.object({ model_version: wireVersion });
export const modelAnswer = z.object({ registered_model: wireModel });
export const runAnswer = z.object({ run: wireRun });
export const metricHistoryAnswer = z.object({
  metrics: z.array(wireMetric).default([]),
  next_page_token: z.string().optional(),
});
export const artifactsAnswer = z.object({
  root_uri: text,
  files: z.array(wireFile).default([]),
  next_page_token: z.string().optional(),
});
export const downloadUriAnswer = z.object({ artifact_uri: z.string() });

/** A name inside a filter expression of MLflow's search grammar. */
export function quoted(name: string): string {
  return name.includes("'") ? `"${name}"` : `'${name}'`;
}
