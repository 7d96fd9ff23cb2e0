import { z } from 'zod';

export const policyName = z.string().min(1).max(63).describe('Name of the policy.');

export const publishPolicyRequest = z
  .object({
    text: z.string().min(1).max(32_768).describe('The policy file, YAML.'),
    reason: z
      .string()
      .trim()
      .max(4000)
      .default('')
      .describe('Why, for whoever has to accept it where the policy guards something already.'),
    dryRun: z.stringbool().or(z.boolean()).default(false).describe('true checks the file and publishes nothing.'),
  })
  .meta({ id: 'PublishPolicyRequest' });

export const policy = z
  .object({
    name: policyName,
    version: z.int().min(1).describe('Counts from 1; a published version never changes.'),
    digest: z.string().describe('SHA-256 of the text.'),
    text: z.string().describe('The file as it was published.'),
    guards: z
      .array(
        z.object({
          modelId: z.string().describe('Id of the model, which a rename does not change.'),
          model: z.string().describe('Its name.'),
          pointer: z.string().describe('Guarded alias.'),
        }),
      )
      .describe('What it guards.'),
    publishedBy: z.string().nullable().describe('Id of who published it; null in a dry run.'),
    publishedAt: z.iso.datetime().nullable().describe('When; null in a dry run.'),
    current: z.boolean().describe('true: new requests are opened under this version.'),
  })
  .meta({ id: 'Policy' });

/** Something in a policy file that is allowed, but is hardly meant. */
export const policyWarning = z
  .object({
    line: z.int().describe('Line, from 1.'),
    column: z.int().describe('Column, from 1.'),
    message: z.string().describe('What is odd.'),
  })
  .meta({ id: 'PolicyWarning' });

export const publishedPolicy = policy
  .extend({
    state: z
      .enum(['published', 'proposed', 'checked'])
      .describe(
        '`published`: it holds from now on. `proposed`: the policy guards something, so others must accept the change first. `checked`: a dry run.',
      ),
    proposalId: z.string().nullable().describe('The proposal that waits; null where it was published or only checked.'),
    warnings: z.array(policyWarning).describe('What is allowed, but is hardly meant.'),
  })
  .meta({ id: 'PublishedPolicy' });

export const policyRequest = z
  .object({
    name: policyName,
    version: z.coerce.number().int().min(1).optional().describe('Without it, the current one.'),
  })
  .meta({ id: 'PolicyRequest' });
export const noInput = z.object({}).meta({ id: 'NoInput' });
export const policyList = z
  .object({ policies: z.array(policy).describe('The current version of each, by name.') })
  .meta({ id: 'PolicyList' });

export type Policy = z.infer<typeof policy>;
export type PolicyWarning = z.infer<typeof policyWarning>;
export type PublishedPolicy = z.infer<typeof publishedPolicy>;
