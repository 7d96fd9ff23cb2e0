import { z } from 'zod';
import { policy, policyName } from './policies.js';
import { signingCredential } from './promotions.js';
import { somebody } from './somebody.js';

export const proposalStates = ['open', 'accepted', 'refused', 'withdrawn', 'superseded'] as const;

const id = z.string().min(1).max(64).describe('Id of the proposal.');
const instant = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.int().min(1);

/** A change of a policy that guards something: it holds once the people whom the policy asks for have accepted it. */
export const policyProposal = z
  .object({
    id,
    policy: policyName,
    state: z.enum(proposalStates).describe('Where the proposal stands; the last four are final.'),
    base: z
      .object({
        version: version.describe('Its number.'),
        digest: sha256.describe('SHA-256 of its text.'),
        text: z.string().describe('The whole file as it was published.'),
      })
      .describe('Version that it is to replace: whoever approves under it accepts the change.'),
    version: version.nullable().describe('Version that it became; null while it has not.'),
    digest: sha256.describe('SHA-256 of the text.'),
    text: z.string().describe('The whole file as proposed.'),
    guards: policy.shape.guards.describe('What it would guard.'),
    drops: policy.shape.guards.describe('What it would guard no longer.'),
    binding: sha256.describe('SHA-256 of the old text, the new one and what they guard: what an accepter signs.'),
    reason: z.string().describe('Why it is wanted.'),
    proposedBy: somebody.describe('Who proposed it.'),
    proposedAt: instant.describe('When.'),
    mayNotAccept: z
      .array(somebody)
      .describe('Who proposed it; of a service account also whoever made it, or a token of it.'),
    decisions: z
      .array(
        z.object({
          decision: z.enum(['accept', 'refuse']).describe('What was decided.'),
          by: somebody.describe('By whom.'),
          approver: z.string().describe('Role, or `group:<name>`, under which it counts.'),
          at: instant.describe('When.'),
          comment: z.string().describe('What the person wrote.'),
          credential: z.enum(['password', 'token', 'oidc']).describe('How the person signed.'),
        }),
      )
      .describe('In the order made.'),
    missingApprovals: z
      .array(
        z.object({
          approver: z.string().describe('Role, or `group:<name>`, that must agree.'),
          count: z.int().describe('How many more people of it.'),
          next: z.boolean().describe('false: others decide first.'),
        }),
      )
      .describe('What is still needed.'),
    outcome: z.string().nullable().describe('Why it ended; null while it has not.'),
    updatedAt: instant.describe('Last change of state.'),
  })
  .meta({ id: 'PolicyProposal' });

export const policyProposalRequest = z.object({ name: policyName, id }).meta({ id: 'PolicyProposalRequest' });
export const policyProposalListRequest = z
  .object({
    name: policyName,
    state: z.enum(proposalStates).optional().describe('Only in this state.'),
  })
  .meta({ id: 'PolicyProposalListRequest' });
export const policyProposalList = z
  .object({ proposals: z.array(policyProposal).describe('Newest first, at most 100.') })
  .meta({ id: 'PolicyProposalList' });

const comment = z.string().trim().min(1).max(4000);

export const acceptPolicyProposalRequest = z
  .object({
    name: policyName,
    id,
    comment: comment.describe('What you looked at and why you agree.'),
    credential: signingCredential,
    binding: sha256.optional().describe('The binding that you looked at. Refused with 409 if it is another one.'),
  })
  .meta({ id: 'AcceptPolicyProposalRequest' });

export const refusePolicyProposalRequest = z
  .object({ name: policyName, id, comment: comment.describe('Why not.'), credential: signingCredential })
  .meta({ id: 'RefusePolicyProposalRequest' });

export const withdrawPolicyProposalRequest = z
  .object({
    name: policyName,
    id,
    comment: z.string().trim().max(4000).default('').describe('Why it is no longer wanted.'),
  })
  .meta({ id: 'WithdrawPolicyProposalRequest' });

export type ProposalState = (typeof proposalStates)[number];
export type PolicyProposal = z.infer<typeof policyProposal>;
export type AcceptPolicyProposalRequest = z.infer<typeof acceptPolicyProposalRequest>;
export type RefusePolicyProposalRequest = z.infer<typeof refusePolicyProposalRequest>;
