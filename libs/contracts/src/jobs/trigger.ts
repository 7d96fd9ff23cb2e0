import { z } from 'zod';
import { submitJobRequest } from './job.js';

/** Events of the audit log that can start a job. */
export const triggerEvents = ['drift.alert.opened'] as const;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes');

/** "When this happens, run that": one job per event, in the name of who made the trigger. */
export const createTriggerRequest = z
  .object({
    name: name.describe('Name of the trigger, unique in the workspace'),
    on: z.enum(triggerEvents).describe('Event, without its version'),
    monitor: z.string().min(1).max(255).optional().describe('Only events of the monitor with this id'),
    model: z.string().min(1).max(255).optional().describe('Only events about this registered model'),
    job: submitJobRequest.describe('Job to start'),
  })
  .meta({ id: 'CreateTriggerRequest' });

export const trigger = z
  .object({
    id: z.string().describe('Id of the trigger'),
    ...createTriggerRequest.shape,
    monitor: z.string().nullable().describe('Only events of the monitor with this id'),
    model: z.string().nullable().describe('Only events about this registered model'),
    createdAt: z.iso.datetime().describe('When it was made'),
    createdBy: z.string().describe('Id of who made it'),
    firings: z
      .array(
        z.object({
          eventId: z.string().describe('Audit record that it answered'),
          jobId: z.string().describe('Job that it started'),
        }),
      )
      .describe('Events it answered and the jobs it started, newest first, at most 50'),
  })
  .meta({ id: 'Trigger' });

export const triggerRequest = z
  .object({ id: z.string().min(1).max(64).describe('Id of the trigger') })
  .meta({ id: 'TriggerRequest' });
export const triggerList = z
  .object({ triggers: z.array(trigger).describe('Oldest first') })
  .meta({ id: 'TriggerList' });

export type CreateTriggerRequest = z.infer<typeof createTriggerRequest>;
export type Trigger = z.infer<typeof trigger>;
