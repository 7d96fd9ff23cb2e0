import { z } from 'zod';
import { filterField, orderByQuery } from '../filter/filter-fields.js';
import { message } from '../message.js';
import { boolean, int64Between, list, requiredTextUpTo, text, textUpTo } from '../scalars.js';
import { modelName, tag, tagKey, tagValue, versionNumber } from './names.js';
import { wireModelVersion } from './registered-models.js';
import { stage } from './stages.js';

const description = textUpTo(5_000).optional();

export const createModelVersionRequest = message({
  name: modelName,
  source: requiredTextUpTo(2_000),
  run_id: textUpTo(256).optional(),
  tags: list(tag),
  run_link: textUpTo(500).optional(),
  description,
  model_id: textUpTo(64).optional(),
});
export const modelVersionRequest = message({ name: modelName, version: versionNumber });
export const updateModelVersionRequest = message({ name: modelName, version: versionNumber, description });
export const searchModelVersionsRequest = message({
  filter: filterField('model-versions'),
  max_results: int64Between(1, 200_000).default(10_000),
  order_by: orderByQuery('model-versions'),
  page_token: text.optional(),
});
export const transitionStageRequest = message({
  name: modelName,
  version: versionNumber,
  stage,
  archive_existing_versions: boolean.default(false),
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
  path: requiredTextUpTo(2_000),
});

export const modelVersionResponse = z.object({ model_version: wireModelVersion });
export const searchModelVersionsResponse = z.object({
  model_versions: z.array(wireModelVersion).optional(),
  next_page_token: z.string().optional(),
});
export const downloadUriResponse = z.object({ artifact_uri: z.string().describe('Where the files lie.') });
