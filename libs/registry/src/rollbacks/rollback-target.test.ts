import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeldStep, holdersBefore } from './rollback-target.js';

const moved = (to: number | null): HeldStep => ({ to, isRollback: false });
const back = (to: number): HeldStep => ({ to, isRollback: true });

describe('the holders before', () => {
  it.each([
    ['nothing, of a pointer that never moved', [], []],
    ['nothing, of its first holder', [moved(1)], []],
    ['nearest first', [moved(1), moved(2), moved(3)], [2, 1]],
    ['of an emptied pointer, the one that it held', [moved(1), moved(2), moved(null)], [2, 1]],
    ['a step further after a rollback, not forward again', [moved(1), moved(2), moved(3), back(2)], [1]],
    ['two steps at once', [moved(1), moved(2), moved(3), back(1)], []],
    ['what was promoted again, in its new place', [moved(1), moved(2), moved(1)], [2]],
    ['on from a rollback', [moved(1), moved(2), back(1), moved(3)], [1]],
  ])('are %s', (_what, steps, expected) => {
    expect(holdersBefore(steps)).toEqual(expected);
  });

  it('are earlier holders only, each once, and going back step by step always ends', () => {
    const step = fc.record({ to: fc.option(fc.integer({ min: 1, max: 5 })), isRollback: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const found = holdersBefore(steps);
        expect(new Set(found).size).toBe(found.length);
        expect(found).not.toContain(steps.at(-1)?.to ?? null);
        for (const version of found) expect(steps.map(({ to }) => to)).toContain(version);
        const taken = [...steps];
        for (let left = 0; left <= steps.length; left += 1) {
          const [nearest] = holdersBefore(taken);
          if (nearest === undefined) return;
          taken.push(back(nearest));
        }
        expect(holdersBefore(taken)).toEqual([]);
      }),
    );
  });
});
