import { z } from 'zod';
import { parameterError } from '../parameter-error.js';

/** MLflow's four stages, in the order in which it lists them. */
export const stages = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof stages)[number];

/** The canonical name of a stage given in any case, or null. */
export function canonicalStage(text: string): Stage | null {
  return stages.find((stage) => stage.toLowerCase() === text.toLowerCase()) ?? null;
}

/** A stage on its way in: any case, canonical out. */
export const stage = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine((text) => canonicalStage(text) !== null, {
    error: (issue) =>
      `Invalid Model Version stage: ${String(issue.input).slice(0, 100)}. Value must be one of ${stages.join(', ')}.`,
  })
  .transform((text): Stage => canonicalStage(text) ?? z.NEVER)
  .describe('None, Staging, Production or Archived, in any case');
