import { z } from 'zod';
import { policyName, policyWarning } from './policies.js';
import { promotionGate, promotionMove } from './promotions.js';

const version = z.string().regex(/^[1-9]\d{0,9}$/);

const triedMove = z.object({
  model: z.string().min(1).max(256).describe('Registered model.'),
  version: version.describe('Version that would be promoted.'),
  pointer: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Pointer that it would take. Default: the first one that the policy guards of this model.'),
});

export const tryPolicyRequest = z
  .object({
    name: policyName,
    moves: z.array(triedMove).min(1).max(20).describe('What a request would ask for.'),
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
    policy: policyName.describe('The policy that was tried.'),
    policies: z
      .array(
        z.object({
          name: policyName,
          version: z.int().nullable().describe('Its version; null for the draft.'),
          digest: z.string().describe('SHA-256 of its text.'),
        }),
      )
      .describe(
        'Every policy that a request for these moves would be bound to, by name: the tried one, and what else guards the pointers.',
      ),
    moves: z
      .array(
        promotionMove
          .pick({ model: true, pointer: true, version: true, policies: true })
          .extend({ holder: version.nullable().describe('Version that holds the pointer now; null for nothing.') }),
      )
      .describe('What would move, and which policies judge it.'),
    verdict: z
      .enum(['passes', 'fails', 'waits'])
      .describe(
        '`passes`: only the approvals would be missing. `fails`: see what is failed. `waits`: for facts that are not there yet.',
      ),
    obstacles: z.array(z.string()).describe('What stands in the way beside the gates.'),
    gates: z.array(promotionGate).describe('Result of each gate, as things are now.'),
    approvals: z
      .array(
        z.object({
          policy: policyName.describe('Policy that asks for it.'),
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
      .describe('Whose agreement it would take, in the order of each policy.'),
    mayNotApprove: z
      .array(z.string())
      .describe(
        'Ids of whoever trained or registered one of the versions, and of whoever asks this; of a service account also of who made it, or a token of it.',
      ),
    warnings: z.array(policyWarning).describe('What the draft allows, but hardly means.'),
  })
  .meta({ id: 'PolicyTrial' });

export type TryPolicyRequest = z.infer<typeof tryPolicyRequest>;
export type PolicyTrial = z.infer<typeof policyTrial>;
