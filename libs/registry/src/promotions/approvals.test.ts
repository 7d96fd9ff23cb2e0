import { type ApprovalRule, type Role, approverName, roles } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApprovalRules, approvalRules, countingApprovals, countsOf, missingApprovals } from './approvals.js';
import type { Decision } from './promotion.js';

const person = fc.constantFrom('ada', 'bob', 'cy', 'eve');
const decision: fc.Arbitrary<Decision> = fc.record({
  id: fc.uuid(),
  decision: fc.constantFrom('approve' as const, 'refuse' as const),
  actorId: person,
  role: fc.constant('approver'),
  counts: fc.dictionary(fc.constantFrom('p1', 'p2'), fc.constantFrom<string>(...roles, 'group:risk')),
  comment: fc.constant(''),
  credential: fc.constant('password' as const),
  binding: fc.constantFrom('old', 'now'),
  decidedAt: fc.constant(new Date(0)),
  voidedAt: fc.option(fc.constant(new Date(1))),
});
const rules: fc.Arbitrary<ApprovalRule[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({ role: fc.constantFrom<Role>(...roles), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ group: fc.constantFrom('risk', 'legal'), count: fc.integer({ min: 1, max: 3 }) }),
  ),
  { selector: approverName, minLength: 1, maxLength: 3 },
);

function asks(
  policyVersionId: string,
  list: ApprovalRule[],
  order: ApprovalRules['order'] = 'parallel',
): ApprovalRules {
  return { policyVersionId, policy: `policy-${policyVersionId}`, rules: list, order };
}

describe('approvals', () => {
  it('count only while they stand, for what holds now, by somebody other than an author', () => {
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 8 }), fc.array(person, { maxLength: 2 }), (decisions, authors) => {
        for (const one of countingApprovals(decisions, 'now', authors)) {
          expect(one).toMatchObject({ decision: 'approve', voidedAt: null, binding: 'now' });
          expect(authors).not.toContain(one.actorId);
        }
      }),
    );
  });

  it('are complete only with as many different people as each policy asks for', () => {
    fc.assert(
      fc.property(rules, rules, fc.array(decision, { maxLength: 12 }), (one, other, decisions) => {
        const counting = countingApprovals(decisions, 'now', ['eve']);
        if (missingApprovals([asks('p1', one), asks('p2', other)], counting).length > 0) return;
        for (const [id, list] of [['p1', one] as const, ['p2', other] as const]) {
          const people = new Set(
            counting.filter(({ counts }) => counts[id] !== undefined).map(({ actorId }) => actorId),
          );
          expect(people.size).toBeGreaterThanOrEqual(list.reduce((sum, { count }) => sum + count, 0));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('count once per policy, each time under something that is missing there and that the person holds', () => {
    const missing = missingApprovals(
      [
        asks('p1', [{ role: 'approver', count: 1 }]),
        asks('p2', [
          { group: 'risk', count: 1 },
          { role: 'admin', count: 1 },
        ]),
      ],
      [],
    );
    expect(countsOf(missing, ['approver', 'group:risk'])).toEqual({ p1: 'approver', p2: 'group:risk' });
    expect(countsOf(missing, ['group:risk', 'admin'])).toEqual({ p2: 'group:risk' });
    expect(countsOf(missing, ['maintainer'])).toBeNull();
    expect(countsOf([], ['approver'])).toBeNull();
  });

  it('are given line by line where the policy orders them, and carried on by a second signature', () => {
    const ordered = asks(
      'p1',
      [
        { group: 'legal', count: 1 },
        { role: 'approver', count: 1 },
      ],
      'in-order',
    );
    const free = asks('p2', [{ role: 'approver', count: 1 }]);
    const missing = missingApprovals([ordered, free], []);
    expect(missing.map(({ approver, next }) => [approver, next])).toEqual([
      ['group:legal', true],
      ['approver', false],
      ['approver', true],
    ]);
    const first = countsOf(missing, ['approver']);
    expect(first).toEqual({ p2: 'approver' });
    const signed = [
      { actorId: 'ada', counts: first ?? {} },
      { actorId: 'leo', counts: { p1: 'group:legal' } },
    ];
    const rest = missingApprovals([ordered, free], signed);
    expect(rest).toMatchObject([{ policyVersionId: 'p1', approver: 'approver', next: true }]);
    expect(countsOf(rest, ['approver'], first ?? {})).toEqual({ p1: 'approver', p2: 'approver' });
  });

  it('never let one person stand for two lines of a policy', () => {
    const missing = missingApprovals(
      [
        asks('p1', [
          { role: 'approver', count: 1 },
          { role: 'admin', count: 1 },
        ]),
      ],
      [],
    );
    expect(countsOf(missing, ['approver', 'admin'], { p1: 'approver' })).toBeNull();
  });

  it('follow the rollback rule on the way back, and the usual one otherwise', () => {
    const usual = [{ role: 'approver' as const, count: 2 }];
    const back = [{ group: 'on-call', count: 1 }];
    const policy = (rollback?: { approvals: 'same' | ApprovalRule[] }) => ({
      id: 'p1',
      name: 'p',
      document: {
        approvals: usual,
        approvalOrder: 'parallel' as const,
        ...(rollback === undefined ? {} : { rollback: { gates: 'same' as const, ...rollback } }),
      },
    });
    const rulesOf = (rollback: { approvals: 'same' | ApprovalRule[] } | undefined, via: 'promotion' | 'rollback') =>
      approvalRules([policy(rollback)], via)[0]?.rules;
    expect(rulesOf({ approvals: back }, 'rollback')).toEqual(back);
    expect(rulesOf({ approvals: back }, 'promotion')).toEqual(usual);
    expect(rulesOf({ approvals: 'same' }, 'rollback')).toEqual(usual);
    expect(rulesOf(undefined, 'rollback')).toEqual(usual);
  });
});
