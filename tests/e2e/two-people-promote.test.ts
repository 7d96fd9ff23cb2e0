import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetUp } from '@assay/access';
import { type Job, job, submitJobRequest } from '@assay/contracts';
import { epochPermutation } from '@assay/pure/ml';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CommandContext } from '../../apps/cli/src/command-context.js';
import { ProfileStore } from '../../apps/cli/src/config.js';
import { runProgram } from '../../apps/cli/src/program.js';
import { z } from 'zod';
import { wholePlatform } from './whole-platform.js';

// The guide as somebody reads it: its own lines are typed, in order, by the two people whom it names.
const guide = readFileSync(new URL('../../docs/governance.md', import.meta.url), 'utf8')
  .split('\n## ')
  .find((section) => section.startsWith('The whole promotion, by two people\n'));
const steps = commandsOf(guide ?? '');
const fixture = readFileSync(new URL('../fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8');
const [header = '', ...lines] = fixture.trim().split('\n');
const order = epochPermutation(lines.length, 20240607, 0);
const part = (from: number, to: number): string =>
  `${[header, ...Array.from(order.slice(from, to), (place) => lines[place] ?? '')].join('\n')}\n`;

describe('the guide to a whole promotion', () => {
  const platform = wholePlatform(testDatabase(), { ASSAY_RUNNER_BACKEND: 'portable' });
  const folder = mkdtempSync(join('/var/tmp', 'assay-guide-'));
  /** What each types where a command asks without showing it, in order. */
  const secrets: Record<string, string[]> = {
    Ada: ['words that Ada thought of', 'given to Max at the desk', 'words that Ada thought of'],
    Max: ['given to Max at the desk', 'what Max chose instead'],
  };
  const back = process.cwd();
  afterAll(() => {
    process.chdir(back);
    rmSync(folder, { recursive: true, force: true });
  });

  beforeAll(async () => {
    await upload('credit-train', part(0, 350));
    const digest = await upload('credit-holdout', part(350, 500));
    const trained = await finished({
      recipe: 'tabular',
      inputs: { dataset: { name: 'credit-train', version: 1 } },
      params: {
        experiment: 'credit',
        register: 'credit-risk',
        target: 'credit_risk',
        positive: 'bad',
        exclude: ['applicant_id', 'sex', 'personal_status'],
        seed: 7,
      },
    });
    if (trained.state !== 'succeeded') throw new Error(`the training ${trained.state}`);
    const [, policy = ''] = /```yaml\n([\s\S]*?)```/.exec(guide ?? '') ?? [];
    process.chdir(folder);
    writeFileSync('credit-risk.yaml', policy.replace('sha256:…', `sha256:${digest}`));
  });

  it('takes two people fewer than ten commands, and none of them fails', async () => {
    expect(new Set(steps.map(({ who }) => who))).toEqual(new Set(['Ada', 'Max']));
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.length).toBeLessThan(10);
    const secret = await platform.app.get(SetUp, { strict: false }).secretIfNeeded();
    let said = '';
    for (const { who, argv } of steps) {
      const request = /assay approve (\S+)/.exec(said)?.[1];
      const typed = argv.map((word) => (word === 'SECRET' ? secret : word === 'REQUEST' ? request : word) ?? '');
      const { code, out, err } = await assay(who, typed);
      expect({ who, typed, code, err: code === 0 ? '' : err }).toEqual({ who, typed, code: 0, err: '' });
      said = out + err;
    }
    expect(secrets).toEqual({ Ada: [], Max: [] });
    expect(said).toContain('credit-risk@champion');
    expect((await assay('Max', ['models', 'pointer', 'credit-risk@champion'])).out).toBe('1\n');
    const { out } = await assay('Max', ['models', 'history', 'credit-risk@champion', '--json']);
    expect(JSON.parse(out)).toMatchObject([{ to: '1', via: 'promotion' }]);
  });

  /** A command as somebody types it, in a home folder of their own. */
  async function assay(who: string, argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const home = join(folder, who);
    mkdirSync(home, { recursive: true });
    let out = '';
    let err = '';
    const answers = secrets[who] ?? [];
    const readSecret = async (question: string): Promise<string> => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error(`nobody answers: ${question}`);
      return answer;
    };
    const context: CommandContext = {
      terminal: {
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        interactive: false,
        columns: 120,
        style: (_style, text) => text,
        readLine: readSecret,
        readSecret,
        readInput: async () => '',
      },
      profiles: new ProfileStore({ HOME: home, ASSAY_URL: platform.url }),
      request: fetch,
      pause: async (milliseconds) => pause(milliseconds),
    };
    const code = await runProgram(argv, context);
    return { code, out, err };
  }

  async function upload(name: string, csv: string): Promise<string> {
    const answer = await fetch(
      `${platform.url}/api/v1/datasets/${name}/versions?target=credit_risk&sensitive=sex&identifier=applicant_id`,
      { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv },
    );
    const body = z.object({ digest: z.string() }).parse(await answer.json());
    expect(answer.status).toBe(200);
    return body.digest;
  }

  async function finished(request: object): Promise<Job> {
    const asked = await fetch(`${platform.url}/api/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(submitJobRequest.parse(request)),
    });
    const { id } = job.parse(await asked.json());
    return vi.waitFor(
      async () => {
        const found = job.parse(await (await fetch(`${platform.url}/api/v1/jobs/${id}`)).json());
        if (!['succeeded', 'failed', 'cancelled'].includes(found.state)) throw new Error(`it is ${found.state}`);
        return found;
      },
      { timeout: 600_000, interval: 200 },
    );
  }
});

/** The commands of the shell blocks, each with the person whom the comment above it names. */
function commandsOf(text: string): { who: string; argv: string[] }[] {
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => {
    let who = '';
    return block.split('\n').flatMap((line) => {
      who = /^# (\w+)/.exec(line)?.[1] ?? who;
      const typed = /^assay (.*?)(?:\s+#.*)?$/.exec(line)?.[1];
      return typed === undefined ? [] : [{ who, argv: wordsOf(typed) }];
    });
  });
}

/** Words as a shell splits them: by blanks, but not within quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
