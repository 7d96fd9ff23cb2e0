import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { SetUp } from '@assay/access';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholePlatform } from './whole-platform.js';

// The built command line, as somebody types it, against the whole platform over HTTP.
const bin = resolve(import.meta.dirname, '../../apps/cli/bin/assay.mjs');
const fixture = resolve(import.meta.dirname, '../fixtures/german-credit/german-credit.csv');
const platform = wholePlatform(testDatabase(), {}, { workers: false });
const home = mkdtempSync(join('/var/tmp', 'assay-home-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function assay(
  argv: readonly string[],
  input = '',
  at = home,
): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, [bin, ...argv], {
    env: { PATH: process.env['PATH'], HOME: at, NO_COLOR: '1' },
  });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

describe('the command line', () => {
  beforeAll(async () => {
    const secret = await platform.app.get(SetUp, { strict: false }).secretIfNeeded();
    const argv = [
      'login',
      '--url',
      platform.url,
      '--setup',
      secret ?? '',
      '--email',
      'ada@example.com',
      '--name',
      'Ada',
      '--password-stdin',
    ];
    const first = await assay(argv, 'a password of some length\n');
    if (first.code !== 0) throw new Error(first.err);
  });

  it('knows who signed in, and forgets nothing between calls', async () => {
    const { code, out } = await assay(['whoami', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ server: platform.url, name: 'Ada', roles: ['admin'] });
  });

  it('registers a dataset and shows its profile', async () => {
    const argv = [
      'datasets',
      'register',
      'german-credit',
      fixture,
      '--target',
      'credit_risk',
      '--sensitive',
      'sex',
      '--json',
    ];
    const registered = JSON.parse((await assay(argv)).out);
    expect(registered).toMatchObject({
      name: 'german-credit',
      version: 1,
      rowCount: 1000,
      roles: { target: 'credit_risk', sensitive: ['sex'] },
    });
    expect(JSON.parse((await assay(argv)).out).version).toBe(1);
    expect((await assay(['datasets', 'show', 'german-credit:1'])).out).toMatch(
      /credit_risk +string +0 +2 +– +good 700, bad 300/,
    );
  });

  it('asks for a job, lists it and cancels it', async () => {
    const asked = await assay([
      'run',
      'tabular',
      '--dataset',
      'german-credit:1',
      '--experiment',
      'e2e',
      '-p',
      'target=credit_risk',
      '-p',
      'positive=bad',
      '-p',
      'exclude=applicant_id,sex',
      '--no-wait',
    ]);
    expect(asked.code).toBe(0);
    const id = asked.out.trim();
    expect(JSON.parse((await assay(['jobs', 'list', '--json'])).out)).toMatchObject([
      { id, spec: { params: { exclude: ['applicant_id', 'sex'] } } },
    ]);
    expect(await assay(['jobs', 'cancel', id])).toMatchObject({ code: 0, out: `Job ${id} is cancelled.\n` });
    expect(await assay(['jobs', 'show', id, '--follow'])).toMatchObject({
      code: 6,
      err: expect.stringContaining('was cancelled'),
    });
  });

  it.each([
    [['jobs', 'show', 'no-such-job'], 5],
    [['models', 'pointer', 'no-such-model@champion'], 5],
    [
      [
        'run',
        'tabular',
        '--dataset',
        'german-credit:1',
        '--experiment',
        'e',
        '-p',
        'target=credit_risk',
        '-p',
        'positive=bad',
        '-p',
        'epochs=-1',
        '--no-wait',
      ],
      2,
    ],
    [['promote', 'no-such-model:1', '--to', 'champion', '--reason', 'x'], 5],
    [['rollback', 'no-such-model', 'champion', '--reason', 'x'], 5],
    [['models', 'move', 'no-such-model@champion=1'], 5],
    [['serving', 'moon'], 5],
    [['environments', 'set', 'Upper=Case'], 3],
    [['whoami', '--url', 'http://127.0.0.1:9'], 69],
  ])('ends %j with code %i, one sentence and no data', async (argv, code) => {
    const ended = await assay(argv);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toMatch(/^assay: \S.*[.?]\n$/);
  });

  it('sets environments, and says what serves in one of them', async () => {
    const argv = ['environments', 'set', 'lab', 'live=champion,stage:Production', '--json'];
    expect(JSON.parse((await assay(argv)).out)).toEqual([
      { name: 'lab', aliases: [] },
      { name: 'live', aliases: ['champion', 'stage:Production'] },
    ]);
    expect((await assay(['environments', 'list'])).out).toContain('live         champion, stage:Production');
    expect(await assay(['serving', 'live'])).toMatchObject({ code: 0, out: 'Nothing serves in live.\n' });
  });

  it('tells the line and column of a mistake in a policy', async () => {
    const file = join(home, 'policy.yaml');
    writeFileSync(file, 'policy: Wrong Name\nguards: {}\n');
    expect(await assay(['policies', 'dry-run', file])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/line 1, column \d+/),
    });
  });

  it('shows the settings of the running server', async () => {
    const settings: { name: string; value: string }[] = JSON.parse((await assay(['config', '--json'])).out);
    expect(settings).toContainEqual(expect.objectContaining({ name: 'ASSAY_TESTING', value: 'true' }));
  });

  it('exports the audit log, and verifies it without the server', async () => {
    const file = join(home, 'audit.jsonl');
    expect((await assay(['audit', 'export', file])).code).toBe(0);
    expect(await assay(['audit', 'verify', file])).toMatchObject({ code: 0, out: expect.stringContaining('verifies') });
  });

  it('signs out', async () => {
    const other = join(home, 'other');
    cpSync(join(home, '.config'), join(other, '.config'), { recursive: true });
    expect((await assay(['logout'], '', other)).code).toBe(0);
    expect(await assay(['whoami', '--url', platform.url], '', other)).toMatchObject({ code: 4, out: '' });
  });
});
