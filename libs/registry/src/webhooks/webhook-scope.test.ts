import { expect, it } from 'vitest';
import { concerns } from './webhook-scope.js';

const deny = { pattern: 'hr-*', permissions: ['registry:read'], effect: 'deny' } as const;

it.each([
  { named: null, denied: false, models: ['credit'], told: true },
  { named: null, denied: true, models: ['credit'], told: true },
  { named: null, denied: true, models: ['hr-exits'], told: false },
  { named: null, denied: true, models: ['credit', 'hr-exits'], told: false },
  { named: ['credit*'], denied: false, models: ['credit-risk'], told: true },
  { named: ['credit*'], denied: false, models: ['fraud'], told: false },
  { named: ['credit*'], denied: false, models: ['fraud', 'credit-risk'], told: true },
  { named: ['hr-*'], denied: true, models: ['hr-exits'], told: false },
  { named: ['credit*'], denied: true, models: [], told: true },
])('a webhook for $named (denied: $denied) is told of $models: $told', ({ named, denied, models, told }) => {
  expect(
    concerns({ models: named, denials: denied ? [{ ...deny, permissions: [...deny.permissions] }] : [] }, models),
  ).toBe(told);
});
