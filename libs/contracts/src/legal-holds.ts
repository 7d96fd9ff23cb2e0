import { z } from 'zod';

export const legalHoldKinds = ['model', 'run', 'dataset', 'evaluation-dataset'] as const;
export type LegalHoldKind = (typeof legalHoldKinds)[number];

const kind = z.enum(legalHoldKinds).describe('What it holds.');
const id = z.string().min(1).max(64).describe('Id of the hold.');
const reason = z.string().min(1).max(2_000);

export const setLegalHoldRequest = z
  .strictObject({
    kind,
    subject: z
      .string()
      .min(1)
      .max(255)
      .describe('Name of the registered model or dataset, or id of the run or of MLflow’s evaluation dataset.'),
    reason: reason.describe('Why nothing under it may be deleted.'),
  })
  .meta({ id: 'SetLegalHoldRequest' });

export const liftLegalHoldRequest = z
  .object({ id, reason: reason.describe('Why it ends.') })
  .meta({ id: 'LiftLegalHoldRequest' });

export const legalHold = z
  .object({
    id,
    kind,
    subject: z.string().describe('Name of the model or dataset when it was set, else its id.'),
    subjectId: z.string().describe('Id of what it holds: a rename does not change it.'),
    reason: z.string().describe('Why it was set.'),
    setBy: z.string().describe('Id of who set it.'),
    setAt: z.iso.datetime().describe('When.'),
    lifted: z
      .object({
        by: z.string().describe('Id of who lifted it.'),
        at: z.iso.datetime().describe('When.'),
        reason: z.string().describe('Why.'),
      })
      .nullable()
      .describe('null: it stands.'),
  })
  .meta({ id: 'LegalHold' });

export const legalHoldRequest = z.object({ id }).meta({ id: 'LegalHoldRequest' });
export const legalHoldListRequest = z
  .object({
    kind: kind.optional().describe('Only holds on such things.'),
    state: z.enum(['standing', 'all']).default('standing').describe('Only those that stand, or lifted ones as well.'),
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('Most holds answered.'),
    before: id.optional().describe('Only holds set before the one of this id.'),
  })
  .meta({ id: 'LegalHoldListRequest' });
export const legalHoldList = z
  .object({ holds: z.array(legalHold).describe('Newest first.') })
  .meta({ id: 'LegalHoldList' });

export type LegalHold = z.infer<typeof legalHold>;
export type SetLegalHoldRequest = z.infer<typeof setLegalHoldRequest>;
export type LiftLegalHoldRequest = z.infer<typeof liftLegalHoldRequest>;
export type LegalHoldListRequest = z.infer<typeof legalHoldListRequest>;
