import { z } from 'zod';
import { tagMessage } from './experiments.js';
import { SearchSyntaxError } from './filter/field-reader.js';
import { filterField } from './filter/filter-fields.js';
import { type OrderTerm, parseOrderBy } from './filter/order-by.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { entityKey, experimentId, loggedModelId, runId, truncatedText } from './names.js';
import { parameterError, ruleError } from './parameter-error.js';
import { metricMessage, param } from './run-messages.js';
import { boolean, int64Between, list, protoEnum, requiredTextUpTo, text, textUpTo } from './scalars.js';

export const loggedModelStatus = protoEnum({
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
});
export type LoggedModelStatus = z.infer<typeof loggedModelStatus>;

const loggedModelTag = message({
  key: entityKey.describe('Name of the tag'),
  value: truncatedText(limits.loggedModelTagValue).default('').describe('Value of the tag'),
});

export const loggedModelMessage = z
  .object({
    info: z
      .object({
        model_id: z.string().describe('Id of the logged model'),
        experiment_id: z.string().describe('Id of its experiment'),
        name: z.string().describe('Name'),
        creation_timestamp_ms: z.number().describe('Created, in milliseconds since 1970'),
        last_updated_timestamp_ms: z.number().describe('Last changed, in milliseconds since 1970'),
        artifact_uri: z.string().describe('URI of its files'),
        status: z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']).describe('Status'),
        model_type: z.string().optional().describe('Kind of model, as the client names it'),
        source_run_id: z.string().optional().describe('Run that made it'),
        tags: z.array(tagMessage).optional().describe('Tags'),
        registrations: z
          .array(
            z.object({
              name: z.string().describe('Registered model'),
              version: z.string().describe('Its version'),
            }),
          )
          .optional()
          .describe('Versions that were registered from it'),
      })
      .describe('The model itself'),
    data: z
      .object({
        params: z.array(tagMessage).optional().describe('Parameters'),
        metrics: z.array(metricMessage).optional().describe('Metrics'),
      })
      .describe('What was logged about it'),
  })
  .meta({ id: 'MlflowLoggedModel' });

export const createLoggedModelRequest = message({
  experiment_id: experimentId.describe('Experiment of the model'),
  name: textUpTo(limits.loggedModelName)
    .refine((name) => !/[/:.%"']/.test(name), {
      error: () => "Invalid model name: it must not contain '/', ':', '.', '%', '\"' or \"'\".",
    })
    .optional()
    .describe('Name; absent: one is made up'),
  model_type: textUpTo(limits.loggedModelName).optional().describe('Kind of model'),
  source_run_id: runId.optional().describe('Run that makes it'),
  params: list(param).describe('Parameters'),
  tags: list(loggedModelTag).describe('Tags'),
});
export const loggedModelResponse = z.object({ model: loggedModelMessage.describe('The logged model') });

const oneModel = { model_id: loggedModelId.describe('Id of the logged model') };
export const getLoggedModelRequest = message(oneModel);
export const deleteLoggedModelRequest = message(oneModel);
export const finalizeLoggedModelRequest = message({
  ...oneModel,
  status: loggedModelStatus.describe('LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED'),
});
export const setLoggedModelTagsRequest = message({ ...oneModel, tags: list(loggedModelTag).describe('Tags to set') });
export const deleteLoggedModelTagRequest = message({ ...oneModel, tag_key: entityKey.describe('Name of the tag') });
export const logLoggedModelParamsRequest = message({ ...oneModel, params: list(param).describe('Parameters to add') });
export const listLoggedModelArtifactsRequest = message({
  ...oneModel,
  artifact_directory_path: text.optional().describe('Folder, relative to the model'),
  page_token: text.optional().describe('Token of the page'),
});

/** One order term of a logged-model search: a metric may be pinned to a dataset. */
export interface LoggedModelOrder extends OrderTerm {
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

const modelOrder = message({
  field_name: requiredTextUpTo(limits.entityKey + 20).describe('Field, such as metrics.auc or creation_timestamp'),
  ascending: boolean.default(true).describe('Whether the smallest comes first'),
  dataset_name: text.optional().describe('Only the metric as measured on this dataset'),
  dataset_digest: text.optional().describe('Digest of that dataset'),
}).transform((order, context): LoggedModelOrder => {
  try {
    const term = parseOrderBy('logged-models', [order.field_name])[0];
    if (term === undefined) return z.NEVER;
    if (order.dataset_digest !== undefined && order.dataset_name === undefined) {
      throw new SearchSyntaxError('`dataset_digest` can only be specified if `dataset_name` is also specified.');
    }
    return {
      ...term,
      descending: !order.ascending,
      datasetName: order.dataset_name,
      datasetDigest: order.dataset_digest,
    };
  } catch (error) {
    if (!(error instanceof SearchSyntaxError)) throw error;
    context.issues.push({ code: 'custom', input: order, message: error.message });
    return z.NEVER;
  }
});

export const searchLoggedModelsRequest = message({
  experiment_ids: z.array(experimentId, { error: parameterError }).describe('Experiments to search'),
  filter: filterField('logged-models').describe("Filter, such as `metrics.auc > 0.8 AND params.model = 'mlp'`"),
  datasets: list(
    message({
      dataset_name: requiredTextUpTo(limits.datasetName).describe('Name of the dataset'),
      dataset_digest: textUpTo(limits.datasetDigest).optional().describe('Digest of the dataset'),
    }),
  )
    .refine((each) => each.length <= limits.searchModelDatasets, {
      error: ruleError(`there can be ${limits.searchModelDatasets} datasets at most.`),
    })
    .describe('Only models measured on one of these; metric filters then look at those measurements'),
  max_results: int64Between(1, limits.searchLoggedModels).default(50).describe('Most models in this page'),
  order_by: list(modelOrder)
    .refine((each) => each.length <= limits.orderTerms, {
      error: ruleError(`there can be ${limits.orderTerms} fields at most.`),
    })
    .describe('Order; newest first when absent'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const searchLoggedModelsResponse = z.object({
  models: z.array(loggedModelMessage).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export type LoggedModelMessage = z.infer<typeof loggedModelMessage>;
export type CreateLoggedModelRequest = z.infer<typeof createLoggedModelRequest>;
export type SearchLoggedModelsRequest = z.infer<typeof searchLoggedModelsRequest>;
