import { z } from 'zod';
import { filterField, orderByField, orderByQuery } from './filter/filter-fields.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { experimentId } from './names.js';
import { parameterError, ruleError } from './parameter-error.js';
import { int64Between, isStorableText, list, queryList, requiredText, requiredTextUpTo, text } from './scalars.js';

/** JSON in a text, as protobuf has no maps of anything. */
function jsonText<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string({ error: parameterError })
    .refine(isStorableText, { error: parameterError })
    .transform((source, context): unknown => {
      try {
        return JSON.parse(source);
      } catch {
        context.issues.push({ code: 'custom', input: source, message: 'The text is not JSON.' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const refused = (said: string) => ({ error: () => said });
const anything = z.record(z.string(), z.unknown(), refused('It must be a JSON object.'));
const tagMap = z
  .record(z.string().min(1).max(limits.entityKey), z.union([z.string(), z.number(), z.boolean(), z.null()]), {
    error: () => 'Tags must be a JSON object of texts.',
  })
  .refine((map) => Object.keys(map).length <= limits.datasetTags, refused('These are too many tags.'))
  .transform((map) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value === null ? '' : String(value)])),
  );

const record = z.object(
  {
    inputs: anything.default(() => ({})),
    outputs: z.unknown().optional(),
    expectations: anything.nullish(),
    tags: tagMap.nullish(),
    source: z.unknown().optional(),
  },
  refused('A record must be a JSON object.'),
);
export type EvaluationRecordInput = z.infer<typeof record>;

const datasetId = requiredText.refine((id) => /^d-\w{1,64}$/.test(id), {
  error: ruleError('it is not the id of an evaluation dataset.'),
});
const one = { dataset_id: datasetId.describe('Id of the evaluation dataset') };
const experiments = list(experimentId).refine(
  (ids) => ids.length <= limits.searchExperimentIds,
  refused('These are too many experiments.'),
);

export const createEvaluationDatasetRequest = message({
  name: requiredTextUpTo(limits.datasetName).describe('Name of the evaluation dataset'),
  experiment_ids: experiments.describe('Experiments that it belongs to'),
  tags: jsonText(tagMap)
    .default(() => ({}))
    .describe('Tags, as JSON text'),
});
export const evaluationDatasetRequest = message(one);
export const setEvaluationDatasetTagsRequest = message({
  ...one,
  tags: jsonText(tagMap).describe('Tags to set, as JSON text'),
});
export const deleteEvaluationDatasetTagRequest = message({ ...one, key: requiredText.describe('Name of the tag') });
export const evaluationDatasetExperimentsRequest = message({
  ...one,
  experiment_ids: experiments.describe('Ids of experiments'),
});
export const upsertEvaluationRecordsRequest = message({
  ...one,
  records: jsonText(z.array(record, refused('Records must be a JSON list.')).max(limits.evaluationRecords)).describe(
    'Records, as JSON text; one of the same inputs is added to',
  ),
});
export const getEvaluationRecordsRequest = message({
  ...one,
  max_results: int64Between(0, limits.evaluationRecords).default(0).describe('Most records in this page; 0: 1000'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const deleteEvaluationRecordsRequest = message({
  ...one,
  dataset_record_ids: list(text).describe('Ids of records'),
});

const search = {
  experiment_ids: experiments.describe('Only those of these experiments'),
  filter_string: filterField('evaluation-datasets').describe("Filter, such as `tags.team = 'ml'`"),
  max_results: int64Between(0, limits.searchEvaluationDatasets).default(0).describe('Most in this page; 0: 1000'),
  order_by: orderByField('evaluation-datasets').describe('Order, such as `name ASC`; newest first when absent'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
};
export const searchEvaluationDatasetsRequest = message(search);
export const searchEvaluationDatasetsQuery = message({
  ...search,
  experiment_ids: queryList(experimentId).describe('Only those of these experiments'),
  order_by: orderByQuery('evaluation-datasets').describe('Order, such as `name ASC`; newest first when absent'),
});

export const evaluationDatasetMessage = z
  .object({
    dataset_id: z.string().describe('Id of the evaluation dataset'),
    name: z.string().describe('Its name'),
    tags: z.string().describe('Tags, as JSON text'),
    schema: z.string().optional().describe('Fields of the records, as JSON text'),
    profile: z.string().optional().describe('How many records there are, as JSON text'),
    digest: z.string().describe('Changes with the records'),
    created_time: z.number().describe('Created, in milliseconds since 1970'),
    last_update_time: z.number().describe('Changed last, in milliseconds since 1970'),
    created_by: z.string().optional().describe('Who created it, as the client names them'),
    last_updated_by: z.string().optional().describe('Who changed it last, as the client names them'),
    experiment_ids: z.array(z.string()).optional().describe('Experiments that it belongs to'),
  })
  .meta({ id: 'MlflowEvaluationDataset' });
export const evaluationDatasetResponse = z.object({ dataset: evaluationDatasetMessage.describe('The dataset') });
export const searchEvaluationDatasetsResponse = z.object({
  datasets: z.array(evaluationDatasetMessage).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});
export const upsertEvaluationRecordsResponse = z.object({
  inserted_count: z.number().describe('New records'),
  updated_count: z.number().describe('Records that were added to'),
});
export const evaluationRecordsResponse = z.object({
  records: z.string().describe('The page, as JSON text'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});
export const deleteEvaluationRecordsResponse = z.object({
  deleted_count: z.number().describe('How many were deleted'),
});
export const evaluationDatasetExperimentsResponse = z.object({
  experiment_ids: z.array(z.string()).optional().describe('Ids of experiments; absent when there are none'),
});

export type CreateEvaluationDatasetRequest = z.infer<typeof createEvaluationDatasetRequest>;
export type SearchEvaluationDatasetsRequest = z.infer<typeof searchEvaluationDatasetsRequest>;
export type EvaluationDatasetMessage = z.infer<typeof evaluationDatasetMessage>;
