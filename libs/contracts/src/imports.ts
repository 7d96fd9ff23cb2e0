import { z } from 'zod';

/*
 * What another server knows comes in two steps for everything that holds more than itself: the first makes the object (active, so that its
 * metrics and files can follow through the ordinary calls), the second gives it the state that it has at its origin.
 */

const origin = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{C}]+$/u, 'an origin holds no control characters')
  .describe('Where it comes from: the address of the server, or the name that the archive carries.');
const id = z.string().regex(/^[A-Za-z0-9][\w-]{0,255}$/, 'it is not an id');
const experimentId = z
  .string()
  .regex(/^\d{1,18}$/, 'an experiment id is a whole number')
  .describe('Id of the experiment at its origin.');
const at = z.int().min(0).describe('Milliseconds since 1970.');
const lifecycleStage = z.enum(['active', 'deleted']).describe('`deleted` things are kept and hidden.');
const text = (limit: number): z.ZodString =>
  z
    .string()
    .max(limit)
    .regex(/^\P{Surrogate}*$/u, 'text holds no half of a surrogate pair');
const tags = z
  .array(z.object({ key: text(250).min(1).describe('Name of the tag.'), value: text(100_000).describe('Its value.') }))
  .max(1_000)
  .default([])
  .describe('Its tags.');
const fingerprint = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of its state at the origin: the same again means that nothing has changed there.');

export const importExperimentRequest = z
  .object({
    origin,
    experiment_id: experimentId,
    name: text(500).min(1).describe('Its name. One that is taken here gets the origin added.'),
    creation_time: at,
    last_update_time: at,
    tags,
  })
  .meta({ id: 'ImportExperimentRequest' });
export const importedExperiment = z
  .object({
    experiment_id: z.string().describe('Its id here: the one at its origin, unless that was taken.'),
    name: z.string().describe('Its name here.'),
    outcome: z.enum(['imported', 'present']).describe('`present`: an earlier import brought it.'),
  })
  .meta({ id: 'ImportedExperiment' });

export const completeExperimentRequest = z
  .object({ origin, experiment_id: experimentId, lifecycle_stage: lifecycleStage, last_update_time: at })
  .meta({ id: 'CompleteExperimentRequest' });

export const importRunRequest = z
  .object({
    origin,
    experiment_id: experimentId,
    run_id: id.describe('Its id, which it keeps.'),
    run_name: text(250).describe('Its name.'),
    user_id: text(256).describe('Who ran it, as the origin says.'),
    start_time: at,
    fingerprint,
  })
  .meta({ id: 'ImportRunRequest' });
export const importLoggedModelRequest = z
  .object({
    origin,
    experiment_id: experimentId,
    model_id: id.describe('Its id, which it keeps.'),
    name: text(500).min(1).describe('Its name.'),
    model_type: text(500).optional().describe('What kind of model it is.'),
    source_run_id: id.optional().describe('The run that made it.'),
    creation_time: at,
    fingerprint,
  })
  .meta({ id: 'ImportLoggedModelRequest' });
export const importedOwner = z
  .object({
    artifact_uri: z.string().describe('Where its files go.'),
    outcome: z
      .enum(['imported', 'changed', 'unchanged'])
      .describe('`unchanged`: an earlier import brought all of it. `changed`: it has changed at its origin since.'),
  })
  .meta({ id: 'ImportedOwner' });

export const completeRunRequest = z
  .object({
    origin,
    run_id: id.describe('Its id.'),
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).describe('Its status.'),
    end_time: at.optional(),
    lifecycle_stage: lifecycleStage,
    fingerprint,
  })
  .meta({ id: 'CompleteRunRequest' });
export const completeLoggedModelRequest = z
  .object({
    origin,
    model_id: id.describe('Its id.'),
    status: z
      .enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'])
      .describe('Its status.'),
    last_update_time: at,
    fingerprint,
  })
  .meta({ id: 'CompleteLoggedModelRequest' });
export const completed = z.object({}).meta({ id: 'ImportCompleted' });

const modelName = text(250).min(1).describe('Registered model.');
export const importRegisteredModelRequest = z
  .object({
    origin,
    name: modelName,
    description: text(100_000).optional().describe('Its description.'),
    creation_time: at,
    last_update_time: at,
    tags,
  })
  .meta({ id: 'ImportRegisteredModelRequest' });
export const importModelVersionRequest = z
  .object({
    origin,
    name: modelName,
    version: z.coerce.number().int().min(1).max(2_147_483_647).describe('Its number, which it keeps.'),
    source: text(10_000).describe('Where its files lie here.'),
    original_source: text(10_000).describe('Where they lay at the origin; kept in the audit record.'),
    run_id: id.optional().describe('The run that it came from.'),
    run_link: text(10_000).optional().describe('Link to that run.'),
    model_id: id.optional().describe('The logged model that it came from.'),
    user_id: text(256).optional().describe('Who registered it, as the origin says.'),
    description: text(100_000).optional().describe('Its description.'),
    creation_time: at,
    last_update_time: at,
    tags,
  })
  .meta({ id: 'ImportModelVersionRequest' });
export const importedRegistryObject = z
  .object({ outcome: z.enum(['imported', 'present']).describe('`present`: it is here already.') })
  .meta({ id: 'ImportedRegistryObject' });

export type ImportExperimentRequest = z.infer<typeof importExperimentRequest>;
export type ImportedExperiment = z.infer<typeof importedExperiment>;
export type CompleteExperimentRequest = z.infer<typeof completeExperimentRequest>;
export type ImportRunRequest = z.infer<typeof importRunRequest>;
export type ImportLoggedModelRequest = z.infer<typeof importLoggedModelRequest>;
export type ImportedOwner = z.infer<typeof importedOwner>;
export type CompleteRunRequest = z.infer<typeof completeRunRequest>;
export type CompleteLoggedModelRequest = z.infer<typeof completeLoggedModelRequest>;
export type ImportRegisteredModelRequest = z.infer<typeof importRegisteredModelRequest>;
export type ImportModelVersionRequest = z.infer<typeof importModelVersionRequest>;
export type ImportedRegistryObject = z.infer<typeof importedRegistryObject>;
