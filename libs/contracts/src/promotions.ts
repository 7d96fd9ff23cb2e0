import { z } from 'zod';
import { gateKinds } from './policy-gates.js';
import { somebody } from './somebody.js';

/** States of a promotion request; the last five are final. */
export const promotionStates = [
  'open',
  'checking',
  'awaiting_approval',
  'approved',
  'applied',
  'refused',
  'withdrawn',
  'expired',
  'superseded',
] as const;
export type PromotionState = (typeof promotionStates)[number];

export const gateOutcomes = ['passed', 'failed', 'missing'] as const;
export type GateOutcome = (typeof gateOutcomes)[number];

const id = z.string().min(1).max(64).describe('Id of the promotion request.');
const version = z.string().regex(/^[1-9]\d{0,9}$/);
const instant = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What gates look at. */
export const evidenceKinds = ['evaluation', 'scores', 'comparison', 'run-metric', 'drift-window', 'job'] as const;

export const gateResult = z
  .object({
    policy: z.string().describe('Policy that asks for it.'),
    index: z.int().min(0).describe('Position of the gate in that policy.'),
    gate: z.enum(gateKinds).describe('Kind of gate.'),
    outcome: z
      .enum(gateOutcomes)
      .describe('`missing`: it can not be evaluated, now or at all, so it is not met; `observed` says why.'),
    required: z.string().describe('What the policy asks for.'),
    observed: z.string().describe('What was found.'),
    evidence: z
      .array(
        z.object({
          kind: z.enum(evidenceKinds).describe('What was looked at.'),
          id: z.string().describe('Its id: of an evaluation for its scores, of the run for a metric.'),
          digest: sha256.describe('SHA-256 of what it said.'),
        }),
      )
      .describe('What the result rests on. Whatever changes of it voids what was signed.'),
    selfReported: z
      .boolean()
      .default(false)
      .describe("true: it rests on a number of the author's own run, which the policy allows."),
    pending: z
      .boolean()
      .default(false)
      .describe('true: the platform is making the facts that are missing, and looks again by itself.'),
  })
  .meta({ id: 'GateResult' });

/** A gate of a request: which of its moves it is about. */
export const promotionGate = gateResult
  .extend({ move: z.int().min(0).describe('Position in `moves` of the move that it judges.') })
  .meta({ id: 'PromotionGate' });

const maxMoves = 20;

export const promotionMove = z
  .object({
    model: z.string().describe('Registered model.'),
    pointer: z.string().describe('Alias that is to move.'),
    version: version.describe('Version that is to hold it.'),
    expectedHolder: version.nullable().describe('Version that it is to replace; null: nothing held it.'),
    manifestDigest: sha256.describe('SHA-256 of the version’s manifest.'),
    policies: z.array(z.string()).describe('Policies that guard this pointer.'),
  })
  .meta({ id: 'PromotionMove' });

export const promotionDecision = z
  .object({
    decision: z.enum(['approve', 'refuse']).describe('What was decided.'),
    by: somebody.describe('By whom.'),
    role: z.string().describe('Roles, and groups as `group:<name>`, under which it counts.'),
    counts: z
      .array(
        z.object({
          policy: z.string().describe('Policy.'),
          approver: z.string().describe('Role, or `group:<name>`, under which it counts there.'),
        }),
      )
      .describe('What it counts for in each policy.'),
    at: instant.describe('When.'),
    comment: z.string().describe('What the person wrote.'),
    credential: z.enum(['password', 'token', 'oidc']).describe('How the person signed.'),
    binding: sha256.describe('SHA-256 of what was signed: moves, policies and evidence.'),
    voided: z.boolean().describe('true: what was signed has changed since, so it no longer counts.'),
  })
  .meta({ id: 'PromotionDecision' });

export const promotion = z
  .object({
    id,
    state: z.enum(promotionStates).describe('Where the request stands.'),
    via: z
      .enum(['promotion', 'rollback'])
      .describe('`rollback`: the version held the pointer before, by an approved request.'),
    moves: z.array(promotionMove).describe('What is to move: all of it in one step, or nothing.'),
    policies: z
      .array(
        z.object({
          name: z.string().describe('Policy.'),
          version: z.int().describe('Its version.'),
          digest: sha256.describe('SHA-256 of its text.'),
        }),
      )
      .describe(
        'The rules that the request is bound to, by name: every policy that guarded one of the pointers when it was opened.',
      ),
    binding: sha256.describe('SHA-256 of moves, policies and evidence: what an approver signs.'),
    reason: z.string().describe('Why it is wanted.'),
    requestedBy: somebody.describe('Who asked.'),
    requestedAt: instant.describe('When.'),
    expiresAt: instant.describe('From then on it can no longer be decided.'),
    mayNotApprove: z
      .array(somebody)
      .describe(
        'Who trained, wrote files of, registered or requested; of a service account also whoever made it, or a token of it.',
      ),
    gates: z.array(promotionGate).describe('Result of each gate, as last evaluated, move by move.'),
    decisions: z.array(promotionDecision).describe('In the order made.'),
    missingApprovals: z
      .array(
        z.object({
          policy: z.string().describe('Policy that asks for it.'),
          approver: z.string().describe('Role, or `group:<name>`, that must agree.'),
          count: z.int().describe('How many more people of it.'),
          next: z.boolean().describe('false: others decide first, as the policy orders it.'),
        }),
      )
      .describe('What is still needed.'),
    outcome: z.string().nullable().describe('Why it ended; null while it has not.'),
    updatedAt: instant.describe('Last change of state.'),
  })
  .meta({ id: 'Promotion' });

const wantedMove = z.object({
  model: z.string().min(1).max(255).describe('Registered model.'),
  pointer: z.string().min(1).max(255).describe('Guarded alias that is to move.'),
  version: version.describe('Version that is to hold it.'),
  expectedHolder: version
    .nullable()
    .optional()
    .describe('Version that holds it now, null for none. Default: whatever holds it when the request is opened.'),
});

export const requestPromotionRequest = z
  .object({
    moves: z
      .array(wantedMove)
      .min(1)
      .max(maxMoves)
      .refine(
        (moves) => new Set(moves.map((move) => JSON.stringify([move.model, move.pointer]))).size === moves.length,
        'a pointer is moved twice',
      )
      .describe('What is to move: approved once, and made in one step or not at all.'),
    reason: z.string().trim().min(1).max(4000).describe('Why.'),
  })
  .meta({ id: 'RequestPromotionRequest' });

export const signingCredential = z
  .union([
    z.strictObject({ password: z.string().min(1).max(256).describe('Your password.') }),
    z.strictObject({ token: z.string().min(1).max(200).describe('An API token of yours.') }),
    z.strictObject({ proof: z.string().min(1).max(200).describe('Proof of a fresh sign-in at the provider.') }),
  ])
  .describe('The credential again: it signs the decision.');

export const approvePromotionRequest = z
  .object({
    id,
    comment: z.string().trim().min(1).max(4000).describe('What you looked at and why you agree.'),
    credential: signingCredential,
    binding: sha256.optional().describe('The binding that you looked at. Refused with 409 if it has changed since.'),
  })
  .meta({ id: 'ApprovePromotionRequest' });

export const refusePromotionRequest = z
  .object({ id, comment: z.string().trim().min(1).max(4000).describe('Why not.'), credential: signingCredential })
  .meta({ id: 'RefusePromotionRequest' });

export const withdrawPromotionRequest = z
  .object({ id, comment: z.string().trim().max(4000).default('').describe('Why it is no longer wanted.') })
  .meta({ id: 'WithdrawPromotionRequest' });

export const promotionRequest = z.object({ id }).meta({ id: 'PromotionRequest' });
export const promotionListRequest = z
  .object({
    model: z.string().min(1).max(255).optional().describe('Only those that move a pointer of this model.'),
    pointer: z.string().min(1).max(255).optional().describe('Only those that move this alias.'),
    state: z
      .enum(['undecided', ...promotionStates])
      .optional()
      .describe('Only in this state; `undecided`: open, checking or awaiting approval.'),
    requestedBy: z.string().min(1).max(64).optional().describe('Only those that this person asked for, by id.'),
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most so many.'),
    pageToken: z.string().min(1).max(500).optional().describe('`nextPageToken` of the page before.'),
  })
  .meta({ id: 'PromotionListRequest' });
export const promotionList = z
  .object({
    promotions: z.array(promotion).describe('Newest first.'),
    nextPageToken: z.string().nullable().describe('Asks for the next page; null on the last one.'),
  })
  .meta({ id: 'PromotionList' });

export type GateResult = z.infer<typeof gateResult>;
export type PromotionGate = z.infer<typeof promotionGate>;
export type PromotionMove = z.infer<typeof promotionMove>;
export type PromotionDecision = z.infer<typeof promotionDecision>;
export type Promotion = z.infer<typeof promotion>;
export type RequestPromotionRequest = z.infer<typeof requestPromotionRequest>;
export type ApprovePromotionRequest = z.infer<typeof approvePromotionRequest>;
export type RefusePromotionRequest = z.infer<typeof refusePromotionRequest>;
export type SigningCredential = ApprovePromotionRequest['credential'];
