import { describe, expect, it } from 'vitest';
import { requestContext } from '../telemetry/index.js';
import { type CallOutcome, GroupCommit } from './group-commit.js';

/** Commits that end when the test says so. */
class Commits {
  readonly groups: number[][] = [];
  readonly ends: (() => void)[] = [];
  failing = new Set<number>();

  lost = false;

  readonly write = async (calls: readonly number[]): Promise<CallOutcome<string>[]> => {
    this.groups.push([...calls]);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    if (this.lost) throw new Error('Connection terminated unexpectedly');
    const bad = calls.find((call) => this.failing.has(call));
    if (bad !== undefined) throw new Error(`no ${bad}`);
    return calls.map((call) => (call < 0 ? { error: new Error(`refused ${call}`) } : { answer: `did ${call}` }));
  };

  async end(): Promise<void> {
    await turn();
    this.ends.shift()?.();
    await turn();
  }
}

/** All that was ready to run has run. */
async function turn(): Promise<void> {
  for (let time = 0; time < 4; time += 1) await new Promise((resolve) => setImmediate(resolve));
}

function grouped(lanes = 1, maxWeight = 10, repeatable = true) {
  const commits = new Commits();
  return {
    commits,
    group: new GroupCommit(commits.write, { lanes, maxWeight, repeatable, weight: (call) => Math.abs(call) % 10 }),
  };
}

describe('a group commit', () => {
  it('commits together what arrives at once and what arrives during a commit, and answers each call after its commit', async () => {
    const { commits, group } = grouped();
    const first = group.submit(1);
    await turn();
    const answered: string[] = [];
    const rest = [2, 3].map((call) => group.submit(call).then((answer) => answered.push(answer)));
    await turn();
    expect(commits.groups).toEqual([[1]]);
    await commits.end();
    expect(await first).toBe('did 1');
    expect(commits.groups).toEqual([[1], [2, 3]]);
    expect(answered).toEqual([]);
    await commits.end();
    await Promise.all(rest);
    expect(answered).toEqual(['did 2', 'did 3']);
  });

  it('keeps groups within their weight, however heavy one call is', async () => {
    const { commits, group } = grouped();
    const answers = [4, 5, 2, 9, 9].map((call) => group.submit(call));
    for (let time = 0; time < 4; time += 1) await commits.end();
    await Promise.all(answers);
    expect(commits.groups).toEqual([[4, 5], [2], [9], [9]]);
  });

  it('uses its lanes and no more', async () => {
    const { commits, group } = grouped(2, 1);
    const answers = [1, 11, 21].map((call) => group.submit(call));
    await turn();
    expect(commits.groups).toEqual([[1], [11]]);
    await commits.end();
    expect(commits.groups).toEqual([[1], [11], [21]]);
    await commits.end();
    await commits.end();
    await Promise.all(answers);
  });

  it('gives an error to the call that it belongs to, whether it was answered or thrown', async () => {
    const { commits, group } = grouped();
    const refused = Promise.allSettled([1, -2].map((call) => group.submit(call)));
    await commits.end();
    expect(await refused).toMatchObject([{ value: 'did 1' }, { reason: { message: 'refused -2' } }]);
    commits.failing = new Set([3]);
    const thrown = Promise.allSettled([2, 3, 4].map((call) => group.submit(call)));
    for (let time = 0; time < 4; time += 1) await commits.end();
    expect(await thrown).toMatchObject([{ value: 'did 2' }, { reason: { message: 'no 3' } }, { value: 'did 4' }]);
    expect(commits.groups).toEqual([[1, -2], [2, 3, 4], [2], [3], [4]]);
  });

  it('runs calls again whose commit may have happened only where that changes nothing', async () => {
    for (const [repeatable, groups] of [
      [false, [[1, 2]]],
      [true, [[1, 2], [1], [2]]],
    ] as const) {
      const { commits, group } = grouped(1, 10, repeatable);
      commits.lost = true;
      const answers = Promise.allSettled([1, 2].map((call) => group.submit(call)));
      for (let time = 0; time < groups.length; time += 1) await commits.end();
      const reason = { message: 'Connection terminated unexpectedly' };
      expect(await answers).toMatchObject([{ reason }, { reason }]);
      expect(commits.groups).toEqual(groups);
    }
  });

  it('drains: every call is answered', async () => {
    const { commits, group } = grouped();
    const answers = Promise.all([1, 12, 9].map((call) => group.submit(call)));
    let drained = false;
    const drain = group.drain().then(() => (drained = true));
    await commits.end();
    expect(drained).toBe(false);
    await commits.end();
    await drain;
    expect(await answers).toEqual(['did 1', 'did 12', 'did 9']);
  });

  it('runs in no request of its callers', async () => {
    const seen: unknown[] = [];
    const group = new GroupCommit<number, null>(
      async (calls) => {
        seen.push(requestContext.getStore());
        return calls.map(() => ({ answer: null }));
      },
      { lanes: 1, maxWeight: 1, repeatable: true },
    );
    const context = { requestId: 'one', sourceAddress: '', auditIds: [] };
    await requestContext.run(context, () => Promise.all([group.submit(1), group.submit(2)]));
    expect(seen).toEqual([undefined, undefined]);
  });
});
