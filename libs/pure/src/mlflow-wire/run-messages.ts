import { z } from 'zod';
import { tagMessage } from './experiments.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { entityKey, loggedModelId, runId, truncatedText } from './names.js';
import { double, int64, list, protoEnum, requiredTextUpTo, textUpTo, timestampMs, wireDouble } from './scalars.js';

export const runStatus = protoEnum({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });
export type RunStatus = z.infer<typeof runStatus>;

/** A request about one run, which old clients name `run_uuid`. */
export function runMessage<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(
    (input) => {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
      const named = 'run_id' in input && input.run_id ? input.run_id : 'runId' in input && input.runId;
      if (named || !('run_uuid' in input)) return input;
      const { run_uuid: run_id, ...rest } = input;
      return { ...rest, run_id };
    },
    message({ run_id: runId.describe('Id of the run'), ...shape }),
  );
}

export const runTag = message({
  key: entityKey.describe('Name of the tag'),
  value: truncatedText(limits.runTagValue).default('').describe('Value of the tag; longer ones are cut'),
});

export const param = message({
  key: entityKey.describe('Name of the parameter'),
  value: truncatedText(limits.paramValue).default('').describe('Value of the parameter; longer ones are cut'),
});

const metricFields = {
  key: entityKey.describe('Name of the metric'),
  value: double.describe('Value; "NaN", "Infinity" and "-Infinity" as text'),
  timestamp: timestampMs.describe('When it was measured, in milliseconds since 1970'),
  step: int64.default(0).describe('Step of the training'),
  model_id: loggedModelId.optional().describe('Logged model that the metric is about'),
  dataset_name: textUpTo(limits.datasetName).optional().describe('Dataset that it was measured on'),
  dataset_digest: textUpTo(limits.datasetDigest).optional().describe('Digest of that dataset'),
};
export const metric = message(metricFields);
export { metricFields };

export const datasetInput = message({
  tags: list(
    message({
      key: requiredTextUpTo(limits.inputTagKey).describe('Name of the tag'),
      value: textUpTo(limits.inputTagValue).default('').describe('Value of the tag'),
    }),
  )
    .refine((tags) => tags.length <= limits.inputTagsPerDataset, {
      message: 'A dataset input can have at most 100 tags',
    })
    .describe('Tags of this use of the dataset, such as mlflow.data.context'),
  dataset: message({
    name: requiredTextUpTo(limits.datasetName).describe('Name of the dataset'),
    digest: requiredTextUpTo(limits.datasetDigest).describe('Digest of its content'),
    source_type: requiredTextUpTo(limits.datasetName).describe('Kind of its source'),
    source: requiredTextUpTo(limits.datasetSource).describe('Where it came from'),
    schema: textUpTo(limits.datasetSchema).optional().describe('Its columns, as JSON'),
    profile: textUpTo(limits.datasetProfile).optional().describe('Its summary statistics, as JSON'),
  }).describe('The dataset'),
});

export const metricMessage = z
  .object({
    key: z.string().describe('Name of the metric'),
    value: wireDouble.describe('Value'),
    timestamp: z.number().describe('When it was measured, in milliseconds since 1970'),
    step: z.number().describe('Step of the training'),
    dataset_name: z.string().optional().describe('Dataset that it was measured on'),
    dataset_digest: z.string().optional().describe('Digest of that dataset'),
    model_id: z.string().optional().describe('Logged model that the metric is about'),
    run_id: z.string().optional().describe('Run that logged it'),
  })
  .meta({ id: 'MlflowMetric' });

export const runInfoMessage = z
  .object({
    run_id: z.string().describe('Id of the run'),
    run_uuid: z.string().describe('The same id, under its old name'),
    run_name: z.string().describe('Name of the run'),
    experiment_id: z.string().describe('Id of its experiment'),
    user_id: z.string().describe('User, as the client named itself'),
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).describe('Status'),
    start_time: z.number().describe('Started, in milliseconds since 1970'),
    end_time: z.number().optional().describe('Ended, in milliseconds since 1970; absent while it runs'),
    artifact_uri: z.string().describe('URI of its artifacts'),
    lifecycle_stage: z.enum(['active', 'deleted']).describe('Whether it was deleted'),
  })
  .meta({ id: 'MlflowRunInfo' });

const datasetInputMessage = z
  .object({
    tags: z.array(tagMessage).optional().describe('Tags of this use'),
    dataset: z
      .object({
        name: z.string().describe('Name'),
        digest: z.string().describe('Digest of its content'),
        source_type: z.string().describe('Kind of its source'),
        source: z.string().describe('Where it came from'),
        schema: z.string().optional().describe('Its columns, as JSON'),
        profile: z.string().optional().describe('Its summary statistics, as JSON'),
      })
      .describe('The dataset'),
  })
  .meta({ id: 'MlflowDatasetInput' });

export const runDetailMessage = z
  .object({
    info: runInfoMessage.describe('The run itself'),
    data: z
      .object({
        metrics: z.array(metricMessage).optional().describe('Latest value of each metric'),
        params: z.array(tagMessage).optional().describe('Parameters'),
        tags: z.array(tagMessage).optional().describe('Tags'),
      })
      .describe('What it logged'),
    inputs: z
      .object({
        dataset_inputs: z.array(datasetInputMessage).optional().describe('Datasets that it read'),
        model_inputs: z
          .array(z.object({ model_id: z.string().describe('Id of the logged model') }))
          .optional()
          .describe('Logged models that it read'),
      })
      .describe('What it read'),
    outputs: z
      .object({
        model_outputs: z
          .array(
            z.object({
              model_id: z.string().describe('Id of the logged model'),
              step: z.number().describe('Step at which it was made'),
            }),
          )
          .optional()
          .describe('Logged models that it made'),
      })
      .optional()
      .describe('What it made'),
  })
  .meta({ id: 'MlflowRun' });

export type MetricMessage = z.infer<typeof metricMessage>;
export type MetricInput = z.infer<typeof metric>;
export type RunTag = z.infer<typeof runTag>;
export type Param = z.infer<typeof param>;
export type DatasetInput = z.infer<typeof datasetInput>;
export type RunInfoMessage = z.infer<typeof runInfoMessage>;
export type RunDetailMessage = z.infer<typeof runDetailMessage>;
