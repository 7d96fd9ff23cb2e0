import { z } from 'zod';
import { filterField, orderByField, orderByQuery } from './filter/filter-fields.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { entityKey, experimentId } from './names.js';
import { int64Between, list, protoEnum, requiredTextUpTo, text, textUpTo } from './scalars.js';

/** Which lifecycle stages a search returns. */
export const viewType = protoEnum({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });

const experimentTagRequest = message({
  key: entityKey.describe('Name of the tag'),
  value: textUpTo(limits.experimentTagValue).default('').describe('Value of the tag'),
});

/** Tag on its way out. */
export const tagMessage = z.object({
  key: z.string().describe('Name of the tag'),
  value: z.string().describe('Value of the tag'),
});

export const experimentMessage = z
  .object({
    experiment_id: z.string().describe('Id of the experiment'),
    name: z.string().describe('Unique name'),
    artifact_location: z.string().describe('URI under which its runs keep their artifacts'),
    lifecycle_stage: z.enum(['active', 'deleted']).describe('Whether it was deleted'),
    creation_time: z.number().describe('Created, in milliseconds since 1970'),
    last_update_time: z.number().describe('Last changed, in milliseconds since 1970'),
    tags: z.array(tagMessage).optional().describe('Tags; absent when there are none'),
  })
  .meta({ id: 'MlflowExperiment' });

export const createExperimentRequest = message({
  name: requiredTextUpTo(limits.experimentName).describe('Unique name of the experiment'),
  artifact_location: text.optional().describe('URI for its artifacts; absent: kept by this server'),
  tags: list(experimentTagRequest).describe('Tags to set'),
});
export const createExperimentResponse = z.object({ experiment_id: z.string().describe('Id of the new experiment') });

export const getExperimentRequest = message({ experiment_id: experimentId.describe('Id of the experiment') });
export const getExperimentResponse = z.object({
  experiment: experimentMessage.describe('The experiment, also when deleted'),
});

export const getExperimentByNameRequest = message({
  experiment_name: requiredTextUpTo(limits.experimentName).describe('Name of the experiment'),
});

const experimentSearch = {
  max_results: int64Between(1, limits.searchExperiments).default(1000).describe('Most experiments in this page'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
  filter: filterField('experiments').describe('Filter, such as `name LIKE "credit%"`'),
  view_type: viewType.default('ACTIVE_ONLY').describe('Which lifecycle stages to return'),
};
export const searchExperimentsRequest = message({
  ...experimentSearch,
  order_by: orderByField('experiments').describe('Order, such as `["name ASC"]`'),
});
export const searchExperimentsQuery = message({
  ...experimentSearch,
  order_by: orderByQuery('experiments').describe('Order, such as `name ASC`; may be repeated'),
});
export const searchExperimentsResponse = z.object({
  experiments: z.array(experimentMessage).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export const deleteExperimentRequest = message({ experiment_id: experimentId.describe('Id of the experiment') });
export const restoreExperimentRequest = message({ experiment_id: experimentId.describe('Id of the experiment') });
export const updateExperimentRequest = message({
  experiment_id: experimentId.describe('Id of the experiment'),
  new_name: requiredTextUpTo(limits.experimentName).describe('Its new name'),
});
export const setExperimentTagRequest = message({
  experiment_id: experimentId.describe('Id of the experiment'),
  key: entityKey.describe('Name of the tag'),
  value: textUpTo(limits.experimentTagValue).default('').describe('Value of the tag'),
});
export const deleteExperimentTagRequest = message({
  experiment_id: experimentId.describe('Id of the experiment'),
  key: entityKey.describe('Name of the tag'),
});

/** What a call without a result answers. */
export const emptyResponse = z.object({}).meta({ id: 'MlflowEmpty' });

export type ExperimentMessage = z.infer<typeof experimentMessage>;
export type TagMessage = z.infer<typeof tagMessage>;
export type ViewType = z.infer<typeof viewType>;
export type CreateExperimentRequest = z.infer<typeof createExperimentRequest>;
export type SearchExperimentsRequest = z.infer<typeof searchExperimentsRequest>;
