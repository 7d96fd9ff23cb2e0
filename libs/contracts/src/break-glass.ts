import { z } from 'zod';
import { signingCredential } from './promotions.js';
import { somebody } from './somebody.js';

const id = z.string().min(1).max(64).describe('Id of the emergency move.');
const version = z.string().regex(/^[1-9]\d{0,9}$/);
const instant = z.iso.datetime();
const words = z.string().trim().min(1).max(4000);
const verdict = z.enum(['justified', 'unjustified']);

/** A guarded pointer that was moved at once, by the rule of its policies, and the review that this opened. */
export const breakGlass = z
  .object({
    id,
    model: z.string().describe('Registered model.'),
    pointer: z.string().describe('Pointer that was moved.'),
    version: version.describe('Version that was put there.'),
    from: version.nullable().describe('Version that it replaced; null: nothing held it.'),
    policies: z
      .array(z.object({ name: z.string().describe('Policy.'), version: z.int().describe('Its version.') }))
      .describe('The policies whose rule allowed it.'),
    reason: z.string().describe('What the emergency was.'),
    brokenBy: somebody.describe('Who moved it.'),
    brokenAt: instant.describe('When.'),
    expiresAt: instant.describe('The emergency counts as one until then.'),
    reviewDueAt: instant.describe('The review is to be closed by then.'),
    reviewRoles: z.array(z.string()).describe('Roles that whoever closes the review holds.'),
    overdue: z
      .boolean()
      .describe(
        'true: not reviewed in time. The alarm repeats, and the pointer has no other emergency move until it is.',
      ),
    review: z
      .object({
        by: somebody.describe('Who closed it.'),
        at: instant.describe('When.'),
        verdict: verdict.describe('What it came to.'),
        comment: z.string().describe('What was written.'),
        credential: z.enum(['password', 'token', 'oidc']).describe('How it was signed.'),
      })
      .nullable()
      .describe('The review; null while it is open.'),
  })
  .meta({ id: 'BreakGlass' });

export const breakGlassRequest = z
  .object({
    model: z.string().min(1).max(255).describe('Registered model.'),
    pointer: z.string().min(1).max(255).describe('Guarded pointer that is to move at once.'),
    version: version.describe('Version that is to hold it.'),
    expectedHolder: version.nullable().describe('Version that holds it now, null for none.'),
    reason: words.describe('What the emergency is.'),
    credential: signingCredential,
  })
  .meta({ id: 'BreakGlassRequest' });

export const reviewBreakGlassRequest = z
  .object({
    id,
    verdict: verdict.describe('Whether it was right to move the pointer without a request.'),
    comment: words.describe('What you looked at.'),
    credential: signingCredential,
  })
  .meta({ id: 'ReviewBreakGlassRequest' });

export const breakGlassIdRequest = z.object({ id }).meta({ id: 'BreakGlassIdRequest' });
export const breakGlassListRequest = z
  .object({
    model: z.string().min(1).max(255).optional().describe('Only of this model.'),
    state: z.enum(['open', 'overdue', 'reviewed']).optional().describe('Only those whose review is in this state.'),
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most so many.'),
    pageToken: z.string().min(1).max(500).optional().describe('`nextPageToken` of the page before.'),
  })
  .meta({ id: 'BreakGlassListRequest' });
export const breakGlassList = z
  .object({
    moves: z.array(breakGlass).describe('Newest first.'),
    nextPageToken: z.string().nullable().describe('Asks for the next page; null on the last one.'),
  })
  .meta({ id: 'BreakGlassList' });

export type BreakGlass = z.infer<typeof breakGlass>;
export type BreakGlassRequest = z.infer<typeof breakGlassRequest>;
export type ReviewBreakGlassRequest = z.infer<typeof reviewBreakGlassRequest>;
