import { z } from 'zod';
import { message } from './message.js';
import { experimentId } from './names.js';

const mostExperiments = 20;

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
}

export const searchDatasetsRequest = message({
  experiment_ids: z
    .unknown()
    .refine(isListOfTexts, {
      error: () => 'SearchDatasets request must specify at least one experiment_id.',
      abort: true,
    })
    .refine((ids) => isListOfTexts(ids) && ids.length <= mostExperiments, {
      error: ({ input }) =>
        `SearchDatasets request cannot specify more than ${mostExperiments} experiment_ids. Received ${isListOfTexts(input) ? input.length : 0} experiment_ids.`,
      abort: true,
    })
    .pipe(z.array(experimentId))
    .describe('Experiments, 20 at most'),
});

export const searchDatasetsResponse = z.object({
  dataset_summaries: z
    .array(
      z.object({
        experiment_id: z.string().describe('Experiment that the dataset was used in'),
        name: z.string().describe('Name'),
        digest: z.string().describe('Digest'),
        context: z.string().optional().describe('What it was used for, such as training; absent when nobody said'),
      }),
    )
    .optional()
    .describe('Datasets by name and digest, 1,000 at most; absent when there are none'),
});
