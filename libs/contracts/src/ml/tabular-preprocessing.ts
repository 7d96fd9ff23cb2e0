import { z } from 'zod';

const numericColumn = z.strictObject({
  kind: z.literal('numeric'),
  name: z.string().min(1).describe('Column of the table'),
  mean: z.number().describe('Mean of the fitted values, subtracted'),
  scale: z
    .number()
    .positive()
    .describe('Population standard deviation of the fitted values, divided by; 1 for a constant column'),
  fill: z.number().describe('Median of the fitted values, taken for a missing cell'),
  indicatesMissing: z
    .boolean()
    .describe('Whether one more input says that the cell was missing (it was so in the fitted data)'),
});

const categoricalColumn = z.strictObject({
  kind: z.literal('categorical'),
  name: z.string().min(1).describe('Column of the table'),
  categories: z
    .array(z.string())
    .describe('Fitted categories in alphabetical order; one input each, then one for everything else'),
});

/** How table rows become the numbers that a network reads: fitted on training rows once, kept with the model, applied the same way ever after. */
export const tabularPreprocessing = z
  .strictObject({
    format: z.literal('assay.tabular-preprocessing.v1'),
    target: z.string().min(1).describe('Column that holds the label'),
    positive: z.string().describe('Value of the target that counts as 1'),
    columns: z.array(z.discriminatedUnion('kind', [numericColumn, categoricalColumn])).min(1),
  })
  .meta({ id: 'TabularPreprocessing' });

export type TabularPreprocessing = z.infer<typeof tabularPreprocessing>;
export type TabularColumn = TabularPreprocessing['columns'][number];
