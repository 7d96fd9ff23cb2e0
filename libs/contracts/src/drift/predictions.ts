import { z } from 'zod';
import { instant } from './instant.js';

/** Value of one feature, as the model was given it. */
export const featureValue = z.union([z.number(), z.string().max(1024), z.boolean(), z.null()]);

const text = z.string().min(1).max(255);
const noNul = (value: string): boolean => !value.includes('\0');

/** One prediction. Rows are checked one by one: a bad row is refused with its line, the good ones are kept. */
export const predictionRow = z
  .strictObject({
    id: text
      .refine(noNul, 'holds a NUL character')
      .describe('Names the prediction: the same id of the same model is never counted twice.'),
    model: text.refine(noNul, 'holds a NUL character').describe('Registered model that predicted.'),
    version: z
      .string()
      .regex(/^[1-9]\d{0,9}$/)
      .optional()
      .describe('Version of it.'),
    at: instant.describe('When it was predicted.'),
    features: z
      .record(text, featureValue)
      .refine((features) => Object.keys(features).length <= 2000, 'more than 2,000 features')
      .describe('Feature name → value; null or absent: missing.'),
    score: z.number().nullable().optional().describe('Score or predicted value.'),
    output: z.string().max(1024).nullable().optional().describe('Predicted class.'),
    segments: z.record(text, z.string().max(255)).optional().describe('Segment key → value.'),
  })
  .meta({ id: 'PredictionRow' });

export const recordPredictionsRequest = z
  .object({
    predictions: z
      .array(z.unknown())
      .min(1)
      .max(10_000)
      .describe('Rows of the shape PredictionRow, each checked on its own.'),
  })
  .meta({ id: 'RecordPredictionsRequest' });

/** The same with the shape of its rows, as the documentation shows it. */
export const documentedPredictions = recordPredictionsRequest
  .extend({ predictions: z.array(predictionRow).min(1).max(10_000).describe('Rows, each checked on its own.') })
  .meta({ id: 'DocumentedPredictions' });

export const recordedPredictions = z
  .object({
    accepted: z.int().describe('Rows kept by this call.'),
    duplicates: z.int().describe('Rows ignored because their id was known.'),
    refusedRows: z.int().describe('Rows refused.'),
    refused: z
      .array(
        z.object({
          line: z.int().describe('Line of the body, or place in the array, from 1.'),
          id: z.string().nullable().describe('Id of the row, if it has a usable one.'),
          reason: z.string().describe('What is wrong with it.'),
        }),
      )
      .describe('The first 100 of the refused rows.'),
  })
  .meta({ id: 'RecordedPredictions' });

export type FeatureValue = z.infer<typeof featureValue>;
export type PredictionRow = z.infer<typeof predictionRow>;
export type RecordedPredictions = z.infer<typeof recordedPredictions>;
