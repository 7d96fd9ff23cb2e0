import { z } from 'zod';
import { limits } from './limits.js';
import { message } from './message.js';
import { experimentId } from './names.js';
import { int64Between, queryList, requiredTextUpTo } from './scalars.js';

const name = requiredTextUpTo(limits.entityKey);
const version = int64Between(1, 2 ** 31 - 1);

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

export const registerScorerRequest = message({
  experiment_id: experimentId.describe('Experiment of the scorer'),
  name: name.describe('Name of the scorer'),
  serialized_scorer: requiredTextUpTo(limits.modelJson)
    .refine(isJsonObject, { error: () => 'The serialized scorer must be a JSON object.' })
    .describe('The scorer as JSON text'),
});
export const registerScorerResponse = z.object({
  version: z.number().describe('Number of the new version'),
  scorer_id: z.string().describe('Id of the scorer'),
  experiment_id: z.string().describe('Experiment of the scorer'),
  name: z.string().describe('Name of the scorer'),
  serialized_scorer: z.string().describe('The scorer as JSON text'),
  creation_time: z.number().describe('Registered, in milliseconds since 1970'),
});

export const listScorersRequest = message({
  experiment_id: experimentId.optional().describe('Experiment of the scorers'),
  experiment_ids: queryList(experimentId).describe('Experiments of the scorers'),
});
export const listScorerVersionsRequest = message({
  experiment_id: experimentId.describe('Experiment of the scorer'),
  name: name.describe('Name of the scorer'),
});
export const getScorerRequest = message({
  experiment_id: experimentId.describe('Experiment of the scorer'),
  name: name.describe('Name of the scorer'),
  version: version.optional().describe('Number of the version; absent: the newest'),
});
export const deleteScorerRequest = message({
  experiment_id: experimentId.describe('Experiment of the scorer'),
  name: name.describe('Name of the scorer'),
  version: version.optional().describe('Number of the version; absent: all'),
});

export const scorerMessage = z
  .object({
    experiment_id: z.number().describe('Experiment of the scorer'),
    scorer_name: z.string().describe('Name of the scorer'),
    scorer_version: z.number().describe('Number of the version'),
    serialized_scorer: z.string().describe('The scorer as JSON text'),
    creation_time: z.number().describe('Registered, in milliseconds since 1970'),
    scorer_id: z.string().describe('Id of the scorer'),
  })
  .meta({ id: 'MlflowScorer' });
export const scorersResponse = z.object({
  scorers: z.array(scorerMessage).optional().describe('The scorers; absent when there are none'),
});
export const scorerResponse = z.object({ scorer: scorerMessage.describe('The scorer') });

export type RegisterScorerRequest = z.infer<typeof registerScorerRequest>;
export type DeleteScorerRequest = z.infer<typeof deleteScorerRequest>;
export type ScorerMessage = z.infer<typeof scorerMessage>;
