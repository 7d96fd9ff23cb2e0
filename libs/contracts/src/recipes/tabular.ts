import { z } from 'zod';
import { columnName, columnNames, datasetInput, experimentName, runName, seed } from './inputs.js';

/** Trains a dense network that classifies table rows in two classes. */
export const tabularRecipe = z
  .strictObject({
    recipe: z.literal('tabular').describe('Recipe'),
    version: z.literal(1).default(1).describe('Version of the recipe'),
    inputs: z
      .strictObject({
        dataset: datasetInput.describe('Rows to train on; a part of them is held back for validation'),
      })
      .describe('What the job reads'),
    params: z
      .strictObject({
        experiment: experimentName,
        runName,
        modelName: z.string().min(1).max(500).default('model').describe('Name of the logged model of the run'),
        register: z
          .string()
          .min(1)
          .max(255)
          .optional()
          .describe('Registered model that gets the result as a new version; left out: none'),
        target: columnName.describe('Column with the label'),
        positive: z.string().min(1).describe('Value of the target that counts as 1'),
        exclude: columnNames.describe(
          'Columns that are no input: ids, and protected attributes that the model must not read',
        ),
        categorical: columnNames.describe('Columns to take as categories although their values are numbers'),
        validationFraction: z
          .number()
          .min(0.05)
          .max(0.5)
          .default(0.2)
          .describe('Share of the rows held back to choose the best epoch'),
        hidden: z
          .array(z.int().min(1).max(4096))
          .max(8)
          .default([16])
          .describe('Units of each hidden layer; none gives a logistic regression'),
        l2: z.number().min(0).max(1).default(0.01).describe('L2 penalty on the weights'),
        learningRate: z.number().positive().max(1).default(0.005).describe('Learning rate of Adam'),
        batchSize: z.int().min(1).max(65_536).default(32).describe('Rows per step'),
        epochs: z.int().min(1).max(10_000).default(40).describe('Most epochs'),
        patience: z
          .int()
          .min(1)
          .max(10_000)
          .default(10)
          .describe('Epochs without a better validation loss after which training ends'),
        seed,
      })
      .describe('Parameters'),
  })
  .meta({ id: 'TabularRecipe' });

export type TabularRecipe = z.infer<typeof tabularRecipe>;
