import { type PromotionState, promotionStates } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PromotionEvent, bindingOf, isEnded, nextState } from './promotion.js';

const event: fc.Arbitrary<PromotionEvent> = fc.oneof(
  fc.record({
    type: fc.constant('gates' as const),
    outcome: fc.constantFrom('passed' as const, 'failed' as const, 'missing' as const),
  }),
  fc.record({ type: fc.constant('signed' as const), complete: fc.boolean() }),
  fc.constantFrom<PromotionEvent>(
    { type: 'moved' },
    { type: 'refuse' },
    { type: 'withdraw' },
    { type: 'expire' },
    { type: 'supersede' },
  ),
);

/** The states that a request passes through; an impossible event changes nothing. */
function history(events: readonly PromotionEvent[]): { state: PromotionState; taken: PromotionEvent[] } {
  const taken: PromotionEvent[] = [];
  let state: PromotionState = 'open';
  for (const each of events) {
    const next = nextState(state, each);
    if (next === null) continue;
    taken.push(each);
    state = next;
  }
  return { state, taken };
}

describe('the states of a request', () => {
  it('lead to an applied request only by passed gates, a complete set of signatures and the move, in this order', () => {
    let applied = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { state, taken } = history(events);
        if (state !== 'applied') return;
        applied += 1;
        const [moved, complete] = [taken.at(-1), taken.at(-2)];
        const lastGates = taken.findLast(({ type }) => type === 'gates');
        expect(moved).toEqual({ type: 'moved' });
        expect(complete).toEqual({ type: 'signed', complete: true });
        expect(lastGates).toEqual({ type: 'gates', outcome: 'passed' });
      }),
      { numRuns: 5000, seed: 7 },
    );
    expect(applied).toBeGreaterThan(20);
  });

  it('never change once the request has ended', () => {
    fc.assert(
      fc.property(fc.constantFrom(...promotionStates), event, (state, each) => {
        if (isEnded(state)) expect(nextState(state, each)).toBeNull();
      }),
    );
  });

  it('go back to checking, never past a failed gate', () => {
    expect(nextState('awaiting_approval', { type: 'gates', outcome: 'missing' })).toBe('checking');
    expect(nextState('awaiting_approval', { type: 'gates', outcome: 'failed' })).toBe('refused');
    expect(nextState('checking', { type: 'signed', complete: true })).toBeNull();
    expect(nextState('open', { type: 'moved' })).toBeNull();
  });

  it('let an approved request only be applied or superseded', () => {
    fc.assert(
      fc.property(event, (each) => {
        const next = nextState('approved', each);
        expect(
          next === null ||
            (each.type === 'moved' && next === 'applied') ||
            (each.type === 'supersede' && next === 'superseded'),
        ).toBe(true);
      }),
    );
  });
});

describe('the binding', () => {
  const bound = {
    moves: [{ modelId: 'm', pointer: 'champion', version: 2, expectedHolder: 1, manifestDigest: 'a' }],
    policyDigests: ['b'],
    gates: [
      {
        move: 0,
        policy: 'p',
        index: 0,
        gate: 'metric-threshold' as const,
        outcome: 'passed' as const,
        required: 'r',
        observed: 'o',
        evidence: [{ kind: 'evaluation' as const, id: 'e', digest: 'c' }],
        selfReported: false,
        pending: false,
      },
    ],
  };
  const [gate] = bound.gates;
  const moved = (change: object) => ({ ...bound, moves: bound.moves.map((each) => ({ ...each, ...change })) });

  it('changes with each move, its version and holder, policy and evidence', () => {
    const others = [
      moved({ version: 3 }),
      moved({ expectedHolder: null }),
      moved({ pointer: 'other' }),
      moved({ modelId: 'n' }),
      moved({ manifestDigest: 'x' }),
      { ...bound, moves: bound.moves.flatMap((each) => [each, { ...each, pointer: 'challenger' }]) },
      { ...bound, gates: bound.gates.map((each) => ({ ...each, move: 1 })) },
      { ...bound, policyDigests: ['x'] },
      { ...bound, policyDigests: ['b', 'x'] },
      {
        ...bound,
        gates: [
          {
            ...gate,
            move: 0,
            policy: 'p',
            gate: 'metric-threshold' as const,
            index: 0,
            required: 'r',
            observed: 'o',
            outcome: 'passed' as const,
            evidence: [{ kind: 'evaluation' as const, id: 'f', digest: 'd' }],
            selfReported: false,
            pending: false,
          },
        ],
      },
      { ...bound, gates: bound.gates.map((each) => ({ ...each, selfReported: true })) },
      { ...bound, gates: [] },
    ];
    const digests = new Set([bound, ...others].map(bindingOf));
    expect(digests.size).toBe(others.length + 1);
  });

  it('does not change with the wording of a result', () => {
    const reworded = bound.gates.map((each) => ({ ...each, observed: 'said otherwise' }));
    expect(bindingOf({ ...bound, gates: reworded })).toBe(bindingOf(bound));
  });
});
