import { z } from 'zod';
import { columnName, columnNames, datasetInput, experimentName, modelPointerInput, runName, seed } from './inputs.js';

/** Scores rows with whatever a pointer holds, and hands the predictions to the drift monitor. */
export const scoreRecipe = z
  .strictObject({
    recipe: z.literal('score').describe('Recipe'),
    version: z.literal(1).default(1).describe('Version of the recipe'),
    inputs: z
      .strictObject({
        model: modelPointerInput.describe('Pointer whose holder scores'),
        dataset: datasetInput.describe('Rows to score; a label column in it is never read'),
      })
      .describe('What the job reads'),
    params: z
      .strictObject({
        experiment: experimentName,
        runName,
        monitor: z
          .string()
          .min(1)
          .max(255)
          .optional()
          .describe('Id of the monitor that is asked for its window afterwards; left out: none'),
        idColumn: columnName.describe('Column that identifies a prediction; the same id is never counted twice'),
        idPrefix: z
          .string()
          .max(100)
          .default('')
          .describe('Put before each id, for example the month, where one applicant may come again'),
        label: z.string().min(1).max(255).optional().describe('Name of the window, for people'),
        exclude: columnNames.describe('Columns that are not handed on as features, for example the label'),
        from: z.iso.datetime().describe('Time of the first prediction'),
        to: z.iso.datetime().describe('End of the time that the rows are spread over evenly, not included'),
        threshold: z
          .number()
          .min(0)
          .max(1)
          .default(0.5)
          .describe('Score from which on the output is the positive class'),
        batchRows: z.int().min(1).max(10_000).default(500).describe('Predictions per request'),
        seed,
      })
      .describe('Parameters'),
  })
  .meta({ id: 'ScoreRecipe' });

export type ScoreRecipe = z.infer<typeof scoreRecipe>;
