import { z } from 'zod';
import { policyName, policyWarning } from './policies.js';
import { gateResult } from './promotions.js';

const version = z.string().regex(/^[1-9]\d{0,9}$/);

export const tryPolicyRequest = z
  .object({
    name: policyName,
    model: z.string().min(1).max(256).describe('Registered model.'),
    version: version.describe('Version that would be promoted.'),
    pointer: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Pointer that it would take. Default: the first one that the policy guards of this model.'),
    text: z
      .string()
      .min(1)
      .max(32_768)
      .optional()
      .describe('A draft of the policy, YAML, instead of a published version.'),
    policyVersion: z.coerce
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Published version; without it, the current one.'),
  })
  .meta({ id: 'TryPolicyRequest' });

/** What would become of a request under a policy, as things are now. Nothing is changed by asking. */
export const policyTrial = z
  .object({
    policy: policyName,
    policyVersion: z.int().nullable().describe('Version that was tried; null for a draft.'),
    digest: z.string().describe('SHA-256 of its text.'),
    model: z.string().describe('Registered model.'),
    version: version.describe('Version that would be promoted.'),
    pointer: z.string().describe('Pointer that it would take.'),
    holder: version.nullable().describe('Version that holds the pointer now; null for nothing.'),
    verdict: z
      .enum(['passes', 'fails', 'waits'])
      .describe(
        '`passes`: only the approvals would be missing. `fails`: see what is failed. `waits`: for facts that are not there yet.',
      ),
    obstacles: z.array(z.string()).describe('What stands in the way beside the gates.'),
    gates: z.array(gateResult).describe('Result of each gate, as things are now.'),
    approvals: z
      .array(
        z.object({
          approver: z.string().describe('Role, or `group:<name>`, that must agree.'),
          count: z.int().describe('How many different people.'),
          candidates: z
            .array(
              z.object({
                id: z.string().describe('Id of the person.'),
                name: z.string().describe('What they are called.'),
              }),
            )
            .describe('Who could, at most 100: whoever trained or registered, and whoever asks this, are left out.'),
          enough: z.boolean().describe('Whether so many people could.'),
        }),
      )
      .describe('Whose agreement it would take, in the order of the policy.'),
    mayNotApprove: z
      .array(z.string())
      .describe(
        'Ids of whoever trained or registered the version, and of whoever asks this; of a service account also of who made it, or a token of it.',
      ),
    warnings: z.array(policyWarning).describe('What the draft allows, but hardly means.'),
  })
  .meta({ id: 'PolicyTrial' });

export type TryPolicyRequest = z.infer<typeof tryPolicyRequest>;
export type PolicyTrial = z.infer<typeof policyTrial>;
