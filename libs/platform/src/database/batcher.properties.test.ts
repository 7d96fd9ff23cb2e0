import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.js';
import { currentScope, inWorkspace } from './workspace-scope.js';

interface Call {
  readonly workspace: string;
  readonly place: number;
  readonly weight: number;
}

const maxWeight = 8;
const burst = fc
  .array(fc.record({ workspace: fc.constantFrom('a', 'b', 'c', 'd'), weight: fc.nat({ max: 12 }) }), { minLength: 1 })
  .map((calls) => calls.map((call, place): Call => ({ ...call, place })));

/** What a burst of calls becomes, batch by batch, and how often a call was weighed. */
async function batchesOf(calls: readonly Call[]): Promise<{ batches: Call[][]; weighed: number }> {
  const batches: Call[][] = [];
  let weighed = 0;
  const batcher = new Batcher<Call, number>(
    async (batch) => {
      expect(batch.map(({ workspace }) => workspace)).toEqual(batch.map(() => currentScope()));
      batches.push([...batch]);
      return batch.map(({ place }) => ({ answer: place }));
    },
    {
      lanes: 1,
      maxWeight,
      repeatable: true,
      maxWaitingBytes: Infinity,
      weight: (call) => {
        weighed += 1;
        return call.weight;
      },
    },
  );
  const answers = calls.map((call) => inWorkspace(call.workspace, () => batcher.submit(call)));
  expect(await Promise.all(answers)).toEqual(calls.map(({ place }) => place));
  return { batches, weighed };
}

describe('the batches of a burst', () => {
  it('hold each call once, in the order of its workspace, and no more than fits', async () => {
    await fc.assert(
      fc.asyncProperty(burst, async (calls) => {
        const { batches } = await batchesOf(calls);
        for (const workspace of 'abcd') {
          const own = (call: Call): boolean => call.workspace === workspace;
          expect(batches.flat().filter(own)).toEqual(calls.filter(own));
        }
        for (const batch of batches) {
          const total = batch.reduce((sum, { weight }) => sum + weight, 0);
          expect(batch.length === 1 || total <= maxWeight).toBe(true);
        }
      }),
    );
  });

  it('take turns: between two of a workspace there is at most one of each other', async () => {
    await fc.assert(
      fc.asyncProperty(burst, async (calls) => {
        const turns = (await batchesOf(calls)).batches.map(([first]) => first?.workspace);
        for (const [place, workspace] of turns.entries()) {
          const again = turns.indexOf(workspace, place + 1);
          const between = turns.slice(place + 1, again === -1 ? turns.length : again);
          if (again !== -1) expect(new Set(between).size).toBe(between.length);
        }
      }),
    );
  });

  it('cost no more for many workspaces: a call is weighed when it is taken, and at most once for each batch before it', async () => {
    const calls = Array.from({ length: 2_000 }, (_, place) => ({ workspace: `w${place % 1_000}`, place, weight: 5 }));
    const { batches, weighed } = await batchesOf(calls);
    expect(batches).toHaveLength(2_000);
    expect(weighed).toBeLessThanOrEqual(calls.length + batches.length);
  });
});
