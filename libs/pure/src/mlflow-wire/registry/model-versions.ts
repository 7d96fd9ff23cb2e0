import { z } from 'zod';
import { filterField, orderByQuery } from '../filter/filter-fields.js';
import { message } from '../message.js';
import { boolean, int64Between, requiredTextUpTo, text, textUpTo } from '../scalars.js';
import { modelName, tagKey, tags, tagValue, versionNumber } from './names.js';
import { wireModelVersion } from './registered-models.js';
import { stage } from './stages.js';

const description = textUpTo(5_000).optional().describe('Description');

export const createModelVersionRequest = message({
  name: modelName,
  source: requiredTextUpTo(2_000).describe('Where its files lie: models:/, runs:/, mlflow-artifacts:/ or a remote URI'),
  run_id: textUpTo(256).optional().describe('Run that made it'),
  tags: tags.describe('Tags to set'),
  run_link: textUpTo(500).optional().describe('Link to the run'),
  description,
  model_id: textUpTo(64).optional().describe('Logged model that it is registered from'),
});
export const modelVersionRequest = message({ name: modelName, version: versionNumber });
export const updateModelVersionRequest = message({ name: modelName, version: versionNumber, description });
export const searchModelVersionsRequest = message({
  filter: filterField('model-versions').describe('Filter over attributes and tags'),
  max_results: int64Between(1, 200_000).default(10_000).describe('Most rows in this page'),
  order_by: orderByQuery('model-versions').describe('Order; may be repeated'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const transitionStageRequest = message({
  name: modelName,
  version: versionNumber,
  stage,
  archive_existing_versions: boolean.default(false).describe('Whether versions in that stage are archived'),
});
export const setModelVersionTagRequest = message({
  name: modelName,
  version: versionNumber,
  key: tagKey,
  value: tagValue,
});
export const deleteModelVersionTagRequest = message({ name: modelName, version: versionNumber, key: tagKey });
export const modelVersionArtifactRequest = message({
  name: modelName,
  version: versionNumber,
  path: requiredTextUpTo(2_000).describe('File, relative to the version'),
});

export const modelVersionResponse = z.object({ model_version: wireModelVersion.describe('The version') });
export const searchModelVersionsResponse = z.object({
  model_versions: z.array(wireModelVersion).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});
export const downloadUriResponse = z.object({ artifact_uri: z.string().describe('Where the files lie.') });
