import { z } from 'zod';
import { filterField, orderByQuery } from '../filter/filter-fields.js';
import { tagMessage } from '../experiments.js';
import { message } from '../message.js';
import { int64Between, queryList, text, textUpTo } from '../scalars.js';
import { aliasToFind, aliasToSet, modelName, tagKey, tags, tagValue, versionNumber } from './names.js';
import { stage } from './stages.js';

const description = textUpTo(5_000).optional().describe('Description');

export const createRegisteredModelRequest = message({
  name: modelName,
  tags: tags.describe('Tags to set'),
  description,
});
export const registeredModelRequest = message({ name: modelName });
export const updateRegisteredModelRequest = message({ name: modelName, description });
export const renameRegisteredModelRequest = message({ name: modelName, new_name: modelName.describe('Its new name') });
export const searchRegisteredModelsRequest = message({
  filter: filterField('registered-models').describe('Filter over attributes and tags'),
  max_results: int64Between(1, 1_000).default(100).describe('Most rows in this page'),
  order_by: orderByQuery('registered-models').describe('Order; may be repeated'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const getLatestVersionsRequest = message({
  name: modelName,
  stages: queryList(stage).describe('Stages; none means all'),
});
export const setRegisteredModelTagRequest = message({ name: modelName, key: tagKey, value: tagValue });
export const deleteRegisteredModelTagRequest = message({ name: modelName, key: tagKey });
export const setAliasRequest = message({ name: modelName, alias: aliasToSet, version: versionNumber });
export const aliasRequest = message({ name: modelName, alias: aliasToFind });

const wireTag = tagMessage;

/** A model version as MLflow clients read it. Empty lists and unset ids are absent, the description is always there. */
export const wireModelVersion = z
  .object({
    name: z.string().describe('Registered model.'),
    version: z.string().describe('Number of the version, as text.'),
    creation_timestamp: z.number().describe('Milliseconds since 1970.'),
    last_updated_timestamp: z.number().describe('Milliseconds since 1970.'),
    current_stage: z.string().describe('None, Staging, Production or Archived.'),
    description: z.string().describe('Description; empty for none.'),
    source: z.string().describe('Where the files came from, as given at registration.'),
    run_id: z.string().describe('Run that made it; empty for none.'),
    run_link: z.string().describe('Link to the run; empty for none.'),
    status: z.literal('READY').describe('Versions are ready at once.'),
    user_id: z.string().optional().describe('Who registered it.'),
    model_id: z.string().optional().describe('Logged model that it was registered from.'),
    tags: z.array(wireTag).optional().describe('Tags.'),
    aliases: z.array(z.string()).optional().describe('Aliases that point at it.'),
  })
  .meta({ id: 'MlflowModelVersion' });

export const wireRegisteredModel = z
  .object({
    name: z.string().describe('Unique name.'),
    creation_timestamp: z.number().describe('Milliseconds since 1970.'),
    last_updated_timestamp: z.number().describe('Milliseconds since 1970.'),
    description: z.string().optional().describe('Description; absent for none.'),
    latest_versions: z.array(wireModelVersion).optional().describe('Newest version of each stage.'),
    tags: z.array(wireTag).optional().describe('Tags.'),
    aliases: z
      .array(
        z.object({
          alias: z.string().describe('Name of the alias.'),
          version: z.string().describe('Number of the version, as text.'),
        }),
      )
      .optional()
      .describe('Aliases of its versions.'),
  })
  .meta({ id: 'MlflowRegisteredModel' });

export const registeredModelResponse = z.object({
  registered_model: wireRegisteredModel.describe('The registered model'),
});
export const searchRegisteredModelsResponse = z.object({
  registered_models: z.array(wireRegisteredModel).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});
export const modelVersionsResponse = z.object({
  model_versions: z.array(wireModelVersion).optional().describe('The page; absent when empty'),
});

export type WireModelVersion = z.infer<typeof wireModelVersion>;
export type WireRegisteredModel = z.infer<typeof wireRegisteredModel>;
