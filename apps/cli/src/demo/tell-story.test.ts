import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';
import { progress } from '../output/progress.js';
import type { Step } from './demo.js';
import { DemoState } from './demo-state.js';
import { WitnessingClient } from './demo.js';
import { storyNames } from './story.js';
import { type StoryTeller, tellStory } from './tell-story.js';

function aTeller(state: DemoState, stopping = false): StoryTeller {
  const { context } = aCommandLine();
  const client = new WitnessingClient('http://server.test', null, context.request, () => undefined);
  const member = { id: 'p1', client };
  return {
    server: 'http://server.test',
    dataDir: '/nowhere',
    context,
    names: storyNames(state.telling),
    data: { columns: [], all: [], training: [], heldOut: [], pool: [], field: () => '', csv: () => '' },
    state,
    progress: progress(context.terminal),
    cast: { admin: member, engineer: member, approver: member },
    witnessed: [],
    now: () => 0,
    stopping: () => stopping,
    asDatabaseOwner: async () => undefined,
  };
}

function aStep(id: string, run: Step['run']): Step {
  return { id, title: id, run };
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'assay-demo-'));

describe('telling the story', () => {
  it('keeps the facts of each step for those that follow', async () => {
    const state = DemoState.open(folder(), false);
    const told = await tellStory(aTeller(state), [
      aStep('first', async () => ({ version: '1' })),
      aStep('second', async (demo) => ({ seen: demo.fact('first', 'version') })),
    ]);
    expect(told).toMatchObject({
      ok: true,
      broken: null,
      steps: [{ id: 'first' }, { id: 'second', facts: { seen: '1' } }],
    });
  });

  it('ends at the first claim that does not hold, and names it', async () => {
    const never: string[] = [];
    const told = await tellStory(aTeller(DemoState.open(folder(), false)), [
      aStep('honest', async (demo) => {
        demo.holds(true, 'one is one');
        demo.holds(false, 'one is more than two');
        return {};
      }),
      aStep('after', async () => {
        never.push('ran');
        return {};
      }),
    ]);
    expect(told).toMatchObject({
      ok: false,
      steps: [],
      broken: { step: 'honest', claim: 'This does not hold: one is more than two' },
    });
    expect(never).toEqual([]);
  });

  it('goes on after an interruption where it was, without telling twice', async () => {
    const dataDir = folder();
    const ran: string[] = [];
    const story = (broken: boolean): Step[] => [
      aStep('first', async () => {
        ran.push('first');
        return { made: true };
      }),
      aStep('second', async () => {
        if (broken) throw new Error('killed');
        ran.push('second');
        return {};
      }),
    ];
    await tellStory(aTeller(DemoState.open(dataDir, false)), story(true));
    const resumed = DemoState.open(dataDir, true);
    const told = await tellStory(aTeller(resumed), story(false));
    expect(resumed.telling).toBe(1);
    expect(told).toMatchObject({
      ok: true,
      steps: [
        { id: 'first', resumed: true, facts: { made: true } },
        { id: 'second', resumed: false },
      ],
    });
    expect(ran).toEqual(['first', 'second']);
  });

  it('takes a call that breaks off for no broken claim while somebody stops the demo', async () => {
    const step = aStep('cut', async () => {
      throw new Error('ECONNRESET');
    });
    await expect(tellStory(aTeller(DemoState.open(folder(), false), true), [step])).rejects.toThrow('ECONNRESET');
  });
});

describe('the state of the demo', () => {
  it('begins a new telling with the same people, unless it is to resume', () => {
    const dataDir = folder();
    const first = DemoState.open(dataDir, false);
    const second = DemoState.open(dataDir, false);
    expect([first.telling, second.telling, DemoState.open(dataDir, true).telling]).toEqual([1, 2, 2]);
    expect(second.person('admin').password).toBe(first.person('admin').password);
  });

  it('begins anew after a finished telling, also with resume', () => {
    const dataDir = folder();
    DemoState.open(dataDir, false).finish();
    expect(DemoState.open(dataDir, true).telling).toBe(2);
  });

  it('is readable by its owner only, and holds no password twice', () => {
    const dataDir = folder();
    const state = DemoState.open(dataDir, false);
    const path = join(dataDir, 'demo.json');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const passwords = (['admin', 'engineer', 'approver'] as const).map((role) => state.person(role).password);
    expect(new Set(passwords).size).toBe(3);
    expect(readFileSync(path, 'utf8')).toContain(passwords[0]);
  });

  it('of another version is refused with what to do', () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'demo.json'), '{"telling":');
    expect(() => DemoState.open(dataDir, true)).toThrow('remove the folder it lies in');
  });
});
