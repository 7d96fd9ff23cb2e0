import { z } from 'zod';
import { pointerState } from './models.js';
import { promotion } from './promotions.js';

const version = z.string().regex(/^[1-9]\d{0,9}$/, 'a version is a whole number from 1 on');

export const rollbackRequest = z
  .object({
    name: z.string().min(1).max(256).describe('Registered model.'),
    alias: z.string().min(1).max(255).describe('Pointer that is to go back.'),
    to: version
      .optional()
      .describe('Version that held it before. Default: the one before the present holder, as if that had never come.'),
    expected: version
      .nullable()
      .describe('Version that it is expected to hold now; null for none. Refused with 409 if it holds another.'),
    reason: z.string().trim().min(1).max(4000).describe('Why.'),
  })
  .meta({ id: 'RollbackRequest' });

export const rollback = z
  .object({
    outcome: z
      .enum(['moved', 'requested'])
      .describe(
        '`moved`: it holds the earlier version. `requested`: a policy guards it, so a request waits to be approved.',
      ),
    to: version.describe('Version that it goes back to.'),
    pointer: pointerState.nullable().describe('What it holds from then on; null where a request waits.'),
    promotion: promotion.nullable().describe('The request; null where the pointer has moved at once.'),
  })
  .meta({ id: 'Rollback' });

export type RollbackRequest = z.infer<typeof rollbackRequest>;
export type Rollback = z.infer<typeof rollback>;
