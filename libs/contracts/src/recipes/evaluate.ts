import { z } from 'zod';
import { columnName, datasetInput, experimentName, modelVersionInput, runName, seed } from './inputs.js';

const slice = z
  .strictObject({
    column: columnName.describe('Column of the dataset to group by'),
    edges: z
      .array(z.number())
      .min(1)
      .max(50)
      .refine((edges) => edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge)), 'must grow')
      .optional()
      .describe('Upper edges of the groups of a numeric column, each included: [25, 40] gives ≤25, 26–40 and >40'),
  })
  .meta({ id: 'EvaluationSlice' });

/** The platform's own measurement of a model version on a pinned dataset: scores are kept, metrics reported as an evaluation. */
export const evaluateRecipe = z
  .strictObject({
    recipe: z.literal('evaluate').describe('Recipe'),
    version: z.literal(1).default(1).describe('Version of the recipe'),
    inputs: z
      .strictObject({
        model: modelVersionInput.describe('Version to measure'),
        dataset: datasetInput.describe('Labelled rows that the model was not trained on'),
        comparedWith: modelVersionInput
          .optional()
          .describe('Version to measure beside it on the same rows, for example the holder of the pointer'),
      })
      .describe('What the job reads'),
    params: z
      .strictObject({
        experiment: experimentName,
        runName,
        threshold: z.number().min(0).max(1).default(0.5).describe('Score from which on a row counts as positive'),
        slices: z
          .array(slice)
          .max(50)
          .refine((list) => new Set(list.map(({ column }) => column)).size === list.length, 'a column is named twice')
          .default([])
          .describe('Groups to report the same metrics for'),
        calibrationBins: z.int().min(2).max(100).default(10).describe('Bins of equal width of the reliability table'),
        seed,
      })
      .describe('Parameters'),
  })
  .meta({ id: 'EvaluateRecipe' });

export type EvaluateRecipe = z.infer<typeof evaluateRecipe>;
export type EvaluationSlice = z.infer<typeof slice>;
