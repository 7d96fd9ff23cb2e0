import { z } from 'zod';
import { datasetInput, experimentName, modelVersionInput, runName, seed } from './inputs.js';

export const checkParameters = z.record(
  z.string().min(1).max(64),
  z.union([z.string().max(4000), z.number(), z.boolean()]),
);

/** Runs a script of the team's own over the labels and scores of a version on pinned data: it says whether the version passes, and why. */
export const checkRecipe = z
  .strictObject({
    recipe: z.literal('check').describe('Recipe'),
    version: z.literal(1).default(1).describe('Version of the recipe'),
    inputs: z
      .strictObject({
        model: modelVersionInput.describe('Version to check'),
        dataset: datasetInput.describe('Labelled rows that the model was not trained on'),
        script: z
          .strictObject({
            run: z
              .string()
              .regex(/^[A-Za-z0-9][\w-]{0,255}$/)
              .describe('Run that keeps the script as an artifact'),
            path: z.string().min(1).max(1024).describe('Its path there'),
            sha256: z
              .string()
              .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
              .describe('SHA-256 of the script: another text is not run'),
          })
          .describe('ES module that exports `check(input)` and answers { passed, reason }'),
      })
      .describe('What the job reads'),
    params: z
      .strictObject({
        experiment: experimentName,
        runName,
        parameters: checkParameters.default({}).describe('What the script is given'),
        timeoutSeconds: z
          .int()
          .min(1)
          .max(600)
          .default(60)
          .describe('A script that takes longer is ended, and the job fails'),
        seed,
      })
      .describe('Parameters'),
  })
  .meta({ id: 'CheckRecipe' });

export type CheckRecipe = z.infer<typeof checkRecipe>;
