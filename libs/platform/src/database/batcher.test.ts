import { describe, expect, it } from 'vitest';
import { requestContext } from '../telemetry/index.js';
import { type CallOutcome, Batcher } from './batcher.js';
import { acrossWorkspaces, currentScope, inWorkspace } from './workspace-scope.js';

/** Commits that end when the test says so. */
class Commits {
  readonly groups: number[][] = [];
  readonly ends: (() => void)[] = [];
  failing = new Set<number>();

  lost: Error | null = null;

  readonly write = async (calls: readonly number[]): Promise<CallOutcome<string>[]> => {
    this.groups.push([...calls]);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    if (this.lost !== null) throw this.lost;
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

function batching(lanes = 1, maxWeight = 10, repeatable = true, maxWaitingBytes = 1000) {
  const commits = new Commits();
  return {
    commits,
    batcher: new Batcher(commits.write, {
      lanes,
      maxWeight,
      repeatable,
      weight: (call) => Math.abs(call) % 10,
      maxWaitingBytes,
      bytes: () => 100,
    }),
  };
}

describe('a batcher', () => {
  it('commits together what arrives at once and what arrives during a commit, and answers each call after its commit', async () => {
    const { commits, batcher } = batching();
    const first = batcher.submit(1);
    await turn();
    const answered: string[] = [];
    const rest = [2, 3].map((call) => batcher.submit(call).then((answer) => answered.push(answer)));
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
    const { commits, batcher } = batching();
    const answers = [4, 5, 2, 9, 9].map((call) => batcher.submit(call));
    for (let time = 0; time < 4; time += 1) await commits.end();
    await Promise.all(answers);
    expect(commits.groups).toEqual([[4, 5], [2], [9], [9]]);
  });

  it('uses its lanes and no more', async () => {
    const { commits, batcher } = batching(2, 1);
    const answers = [1, 11, 21].map((call) => batcher.submit(call));
    await turn();
    expect(commits.groups).toEqual([[1], [11]]);
    await commits.end();
    expect(commits.groups).toEqual([[1], [11], [21]]);
    await commits.end();
    await commits.end();
    await Promise.all(answers);
  });

  it('gives an error to the call that it belongs to, whether it was answered or thrown', async () => {
    const { commits, batcher } = batching();
    const refused = Promise.allSettled([1, -2].map((call) => batcher.submit(call)));
    await commits.end();
    expect(await refused).toMatchObject([{ value: 'did 1' }, { reason: { message: 'refused -2' } }]);
    commits.failing = new Set([3]);
    const thrown = Promise.allSettled([2, 3, 4].map((call) => batcher.submit(call)));
    for (let time = 0; time < 4; time += 1) await commits.end();
    expect(await thrown).toMatchObject([{ value: 'did 2' }, { reason: { message: 'no 3' } }, { value: 'did 4' }]);
    expect(commits.groups).toEqual([[1, -2], [2, 3, 4], [2], [3], [4]]);
  });

  it('runs calls again whose commit may have happened only where that changes nothing', async () => {
    for (const [repeatable, groups] of [
      [false, [[1, 2]]],
      [true, [[1, 2], [1], [2]]],
    ] as const) {
      const { commits, batcher } = batching(1, 10, repeatable);
      commits.lost = new Error('Connection terminated unexpectedly');
      const answers = Promise.allSettled([1, 2].map((call) => batcher.submit(call)));
      for (let time = 0; time < groups.length; time += 1) await commits.end();
      const reason = { message: 'Connection terminated unexpectedly' };
      expect(await answers).toMatchObject([{ reason }, { reason }]);
      expect(commits.groups).toEqual(groups);
    }
  });

  it('runs no call again where no connection could be had: all of them wait for the same', async () => {
    const { commits, batcher } = batching();
    commits.lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const answers = Promise.allSettled([1, 2].map((call) => batcher.submit(call)));
    await commits.end();
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(commits.groups).toEqual([[1, 2]]);
  });

  it('refuses what comes while too much is waiting, and takes calls again as soon as there is room', async () => {
    const { commits, batcher } = batching(1, 10, true, 250);
    const first = batcher.submit(1);
    await turn();
    const waiting = [2, 3, 4].map((call) => batcher.submit(call)); // the last of them finds 200 bytes, and is let in
    await expect(batcher.submit(5)).rejects.toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', kind: { status: 429 } });
    await commits.end();
    const later = batcher.submit(6);
    await commits.end();
    await commits.end();
    expect(await Promise.all([first, ...waiting, later])).toEqual(['did 1', 'did 2', 'did 3', 'did 4', 'did 6']);
    expect(commits.groups).toEqual([[1], [2, 3, 4], [6]]);
  });

  it('drains: every call is answered', async () => {
    const { commits, batcher } = batching();
    const answers = Promise.all([1, 12, 9].map((call) => batcher.submit(call)));
    let drained = false;
    const drain = batcher.drain().then(() => (drained = true));
    await commits.end();
    expect(drained).toBe(false);
    await commits.end();
    await drain;
    expect(await answers).toEqual(['did 1', 'did 12', 'did 9']);
  });

  it('runs in no request of its callers', async () => {
    const seen: unknown[] = [];
    const batcher = new Batcher<number, null>(
      async (calls) => {
        seen.push(requestContext.getStore());
        return calls.map(() => ({ answer: null }));
      },
      { lanes: 1, maxWeight: 1, repeatable: true, maxWaitingBytes: 1, bytes: () => 1 },
    );
    const context = { requestId: 'one', sourceAddress: '', auditIds: [] };
    await requestContext.run(context, () => Promise.all([batcher.submit(1), batcher.submit(2)]));
    expect(seen).toEqual([undefined, undefined]);
  });

  it('puts calls of one workspace into a batch, which sees that workspace alone, and lets the workspaces take turns', async () => {
    const seen: unknown[] = [];
    const ends: (() => void)[] = [];
    const batcher = new Batcher<string, null>(
      async (calls) => {
        seen.push([currentScope(), ...calls]);
        await new Promise<void>((resolve) => ends.push(resolve));
        return calls.map(() => ({ answer: null }));
      },
      { lanes: 1, maxWeight: 2, repeatable: true, maxWaitingBytes: 10_000 },
    );
    const of = (workspace: string, call: string) => inWorkspace(workspace, () => batcher.submit(call));
    const context = { requestId: 'one', sourceAddress: '', auditIds: [], workspace: 'a' };
    const answers = [
      requestContext.run(context, () => batcher.submit('a1')),
      of('b', 'b1'),
      of('a', 'a2'),
      of('a', 'a3'),
      of('b', 'b2'),
      acrossWorkspaces(() => batcher.submit('all')),
    ];
    for (let time = 0; time < 4; time += 1) {
      await turn();
      ends.shift()?.();
    }
    await Promise.all(answers);
    expect(seen).toEqual([
      ['a', 'a1', 'a2'],
      ['b', 'b1', 'b2'],
      ['*', 'all'],
      ['a', 'a3'],
    ]);
  });

  it('lets the other workspaces have their turns between calls that are run again one by one', async () => {
    const seen: string[] = [];
    const batcher = new Batcher<string, null>(
      async (calls) => {
        seen.push(calls.join());
        await turn();
        if (calls.includes('bad')) throw new Error('no');
        return calls.map(() => ({ answer: null }));
      },
      { lanes: 1, maxWeight: 3, repeatable: true, maxWaitingBytes: 10_000 },
    );
    const of = (workspace: string, call: string) => inWorkspace(workspace, () => batcher.submit(call));
    const outcomes = await Promise.allSettled([
      ...['a1', 'bad', 'a2'].map((call) => of('a', call)),
      ...['b1', 'b2', 'b3', 'b4'].map((call) => of('b', call)),
    ]);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true, true, true]);
    expect(seen).toEqual(['a1,bad,a2', 'b1,b2,b3', 'a1', 'b4', 'bad', 'a2']);
  });
});
