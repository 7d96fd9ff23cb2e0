import { z } from 'zod';

/** A dataset version, pinned: a job never reads "the latest". */
export const datasetInput = z
  .strictObject({
    name: z.string().min(1).max(500).describe('Dataset'),
    version: z.int().min(1).describe('Version of it'),
  })
  .meta({ id: 'DatasetInput' });

/** A model version by its number. */
export const modelVersionInput = z
  .strictObject({
    name: z.string().min(1).max(256).describe('Registered model'),
    version: z
      .string()
      .regex(/^[1-9]\d{0,9}$/)
      .describe('Version number'),
  })
  .meta({ id: 'ModelVersionInput' });

/** What a pointer holds at the moment the job reads it. */
export const modelPointerInput = z
  .strictObject({
    name: z.string().min(1).max(256).describe('Registered model'),
    alias: z.string().min(1).max(255).describe('Pointer, for example champion'),
  })
  .meta({ id: 'ModelPointerInput' });

export type DatasetInput = z.infer<typeof datasetInput>;
export type ModelVersionInput = z.infer<typeof modelVersionInput>;
export type ModelPointerInput = z.infer<typeof modelPointerInput>;

const name = z.string().min(1).max(255);

export const experimentName = z.string().min(1).max(500).describe('Experiment that gets the run; made if it is new');
export const runName = z
  .string()
  .min(1)
  .max(250)
  .optional()
  .describe('Name of the run; without it the server makes one');
export const seed = z.int().min(0).max(2_147_483_647).default(1).describe('Seed of everything random in the job');
export const columnNames = z.array(name).max(1000).default([]);
export const columnName = name;
