import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyProposal, PolicyTrial, Promotion } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine, type Responder } from '../command-line.builder.js';

const digest = 'a'.repeat(64);

function aPromotion(changes: Partial<Promotion> = {}): Promotion {
  return {
    id: 'request-1',
    state: 'awaiting_approval',
    via: 'promotion',
    moves: [
      {
        model: 'credit-risk',
        pointer: 'champion',
        version: '2',
        expectedHolder: '1',
        manifestDigest: 'e'.repeat(64),
        policies: ['rule'],
      },
    ],
    policies: [{ name: 'rule', version: 1, digest }],
    binding: 'b'.repeat(64),
    reason: 'better',
    requestedBy: { id: 'p1', name: 'Eve' },
    requestedAt: '2024-05-01T00:00:00.000Z',
    expiresAt: '2024-05-15T00:00:00.000Z',
    mayNotApprove: [{ id: 'p1', name: 'Eve' }],
    gates: [
      {
        move: 0,
        policy: 'rule',
        index: 0,
        gate: 'metric-threshold',
        outcome: 'passed',
        required: 'auc at least 0.7',
        observed: 'auc is 0.8',
        evidence: [],
        selfReported: false,
        pending: false,
      },
    ],
    decisions: [],
    missingApprovals: [{ policy: 'rule', approver: 'approver', count: 1, next: true }],
    outcome: null,
    updatedAt: '2024-05-01T00:00:00.000Z',
    ...changes,
  };
}

function aFile(name: string, content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'assay-cli-')), name);
  writeFileSync(path, content);
  return path;
}

/** Answers the same to every request. */
function always(json: unknown, status = 200): Responder {
  return () => ({ status, json });
}

describe('assay promote', () => {
  const argv = ['promote', 'credit-risk:2', '--to', 'champion', '--reason', 'better'];

  it('waits until the server has evaluated the gates, and shows what it found', async () => {
    const states = [
      aPromotion({ state: 'open', gates: [] }),
      aPromotion({ state: 'checking', gates: [] }),
      aPromotion(),
    ];
    const line = aCommandLine(() => ({ json: states.shift() }));
    const { code, out } = await line.run(...argv);
    expect(code).toBe(0);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({
      moves: [{ model: 'credit-risk', pointer: 'champion', version: '2' }],
      reason: 'better',
    });
    expect(out).toContain('metric-threshold  auc at least 0.7  auc is 0.8  passed');
    expect(out).toContain('Still needed: 1 approval by approver.');
  });

  it('marks what rests on the author’s own number, and what the server is still looking at', async () => {
    const marked = aPromotion().gates.flatMap((gate) => [
      { ...gate, selfReported: true },
      { ...gate, outcome: 'missing' as const, pending: true },
    ]);
    const { out } = await aCommandLine(always(aPromotion({ gates: marked }))).run('promotions', 'show', 'request-1');
    expect(out).toContain('auc is 0.8  passed (self-reported)');
    expect(out).toContain('auc is 0.8  missing (being looked at)');
  });

  it('asks for several moves in one step, and tells the gates of each apart', async () => {
    const [move] = aPromotion().moves;
    const [gate] = aPromotion().gates;
    if (move === undefined || gate === undefined) throw new Error('there is no request to build on');
    const challenger = { ...move, pointer: 'challenger', version: '1', expectedHolder: null };
    const both = { moves: [move, challenger], gates: [gate, { ...gate, move: 1, observed: 'auc is 0.9' }] };
    const line = aCommandLine(always(aPromotion(both)));
    const several = ['credit-risk@champion=2', 'credit-risk@challenger=1'];
    const { out } = await line.run('promote', ...several, '--reason', 'swapped');
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({
      moves: [
        { model: 'credit-risk', pointer: 'champion', version: '2' },
        { model: 'credit-risk', pointer: 'challenger', version: '1' },
      ],
      reason: 'swapped',
    });
    expect(out).toContain('credit-risk@champion → version 2 (now version 1), and credit-risk@challenger → version 1');
    expect(out).toMatch(/credit-risk@challenger +metric-threshold +auc at least 0.7 +auc is 0.9/);
    for (const wrong of [
      [...several, '--to', 'champion'],
      [...several, '--expect', '1'],
      ['credit-risk@champion=none'],
    ])
      expect((await line.run('promote', ...wrong, '--reason', 'x')).code, wrong.join(' ')).toBe(2);
  });

  it('says which holder it expects when told, none included', async () => {
    const line = aCommandLine(always(aPromotion()));
    await line.run(...argv, '--expect', 'none');
    expect(JSON.parse(line.sent[0]?.body ?? '')).toMatchObject({ moves: [{ expectedHolder: null }] });
  });

  it('ends with the code for "no" when a gate did not pass', async () => {
    const { code, err } = await aCommandLine(
      always(aPromotion({ state: 'refused', outcome: 'the gate group-gap failed' })),
    ).run(...argv);
    expect(code).toBe(6);
    expect(err).toContain('The request was refused: the gate group-gap failed.');
  });
});

describe('assay approve', () => {
  it('shows what is signed, asks for the password again, and signs exactly what was shown', async () => {
    const line = aCommandLine(always(aPromotion()), { secrets: ['my password'] });
    const { code, err } = await line.run('approve', 'request-1', '--comment', 'looked at it');
    expect(code).toBe(0);
    expect(err).toContain('credit-risk@champion → version 2 (now version 1)');
    expect(line.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/promotions/request-1',
      'POST /api/v1/promotions/request-1/approve',
    ]);
    expect(JSON.parse(line.sent[1]?.body ?? '')).toEqual({
      comment: 'looked at it',
      credential: { password: 'my password' },
      binding: 'b'.repeat(64),
    });
  });

  it('needs a comment', async () => {
    expect((await aCommandLine(always(aPromotion())).run('approve', 'request-1')).code).toBe(2);
  });

  it('escapes an id, so that it can name nothing but a request', async () => {
    const line = aCommandLine(always(aPromotion()), { secrets: ['x'] });
    await line.run('promotions', 'show', '../people/me');
    expect(line.sent[0]?.path).toBe('/api/v1/promotions/..%2Fpeople%2Fme');
  });
});

describe('assay datasets register', () => {
  const version = {
    name: 'credit',
    version: 1,
    digest,
    size: 8,
    rowCount: 1,
    roles: { target: 'b', sensitive: ['a'], identifier: [] },
    createdBy: 'p1',
    createdAt: '2024-05-01T00:00:00.000Z',
    columns: [],
  };

  it('sends the bytes of the file as they are, with the roles of its columns', async () => {
    const file = aFile('data.csv', 'a,b\n1,ü\n');
    const line = aCommandLine(always(version, 201));
    const { code, out } = await line.run('datasets', 'register', 'credit', file, '--target', 'b', '--sensitive', 'a');
    expect(code).toBe(0);
    expect(line.sent[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/datasets/credit/versions?target=b&sensitive=a',
      contentType: 'text/csv',
      body: readFileSync(file, 'utf8'),
    });
    expect(out).toContain('credit:1');
  });

  it('says which file it could not read', async () => {
    const { code, err } = await aCommandLine(always(version)).run(
      'datasets',
      'register',
      'credit',
      '/no/such/file.csv',
    );
    expect(code).toBe(2);
    expect(err).toContain('/no/such/file.csv');
  });
});

describe('assay models pointer', () => {
  it('answers what a pointer held at a time', async () => {
    const line = aCommandLine(always({ model: 'credit-risk', pointer: 'champion', version: '1', move: null }));
    expect((await line.run('models', 'pointer', 'credit-risk@champion', '--as-of', '2024-05-01T00:00:00Z')).out).toBe(
      '1\n',
    );
    expect(line.sent[0]?.path).toBe('/api/v1/models/credit-risk/pointers/champion?asOf=2024-05-01T00%3A00%3A00Z');
  });
});

describe('assay policies', () => {
  it('checks a file without publishing it', async () => {
    const policy = {
      name: 'rule',
      version: 1,
      digest,
      text: 'policy: rule',
      guards: [{ modelId: 'm1', model: 'credit-risk', pointer: 'champion' }],
      publishedBy: null,
      publishedAt: null,
      current: false,
      state: 'checked',
      proposalId: null,
      warnings: [
        { line: 3, column: 5, message: 'asks for 2 of approver, but only one person could sign as that today' },
      ],
    };
    const line = aCommandLine(always(policy));
    const { out, err } = await line.run('policies', 'dry-run', aFile('rule.yaml', 'policy: rule'));
    expect(err).toContain('Line 3, column 5: asks for 2 of approver');
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({ text: 'policy: rule', dryRun: true });
    expect(out).toBe('Would become rule version 1, guarding credit-risk@champion.\n');
  });

  const proposal: PolicyProposal = {
    id: 'c1',
    policy: 'rule',
    state: 'open',
    base: { version: 1, digest, text: 'policy: rule\natLeast: 0.7\n' },
    version: null,
    digest,
    text: 'policy: rule\natLeast: 0.6\n',
    guards: [{ modelId: 'm1', model: 'credit-risk', pointer: 'champion' }],
    drops: [{ modelId: 'm1', model: 'credit-risk', pointer: 'challenger' }],
    binding: 'b'.repeat(64),
    reason: 'agreed',
    proposedBy: { id: 'p1', name: 'Max' },
    proposedAt: '2024-05-01T00:00:00.000Z',
    mayNotAccept: [{ id: 'p1', name: 'Max' }],
    decisions: [],
    missingApprovals: [{ approver: 'group:risk', count: 1, next: true }],
    outcome: null,
    updatedAt: '2024-05-01T00:00:00.000Z',
  };

  it('accepts the change that waits, having shown what is signed', async () => {
    const accepted = { ...proposal, state: 'accepted', version: 2, outcome: 'it was accepted' };
    const line = aCommandLine(({ path }) => ({
      status: 200,
      json: path === '/api/v1/policies/rule/proposals?state=open' ? { proposals: [proposal] } : accepted,
    }));
    const { out, err } = await line.run(
      'policies',
      'accept',
      'rule',
      '--comment',
      'looked at it',
      '--token',
      'assay_x',
    );
    expect(err).toContain('guards no longer');
    expect(err).toContain('- atLeast: 0.7\n+ atLeast: 0.6\n');
    expect(err).toContain('Max at 2024-05-01');
    expect(err).toContain('Still needed: 1 approval by group:risk.');
    expect(line.sent.at(-1)?.path).toBe('/api/v1/policies/rule/proposals/c1/accept');
    expect(JSON.parse(line.sent.at(-1)?.body ?? '')).toEqual({
      comment: 'looked at it',
      credential: { token: 'assay_x' },
      binding: proposal.binding,
    });
    expect(out).toBe('Policy rule version 2 holds from now on.\n');
  });

  it('says so where no change waits', async () => {
    const line = aCommandLine(always({ proposals: [] }));
    const { code, err } = await line.run('policies', 'refuse', 'rule', '--comment', 'no', '--token', 'assay_x');
    expect(code).toBe(5);
    expect(err).toContain('No change of the policy rule waits');
  });

  it('tries a draft against a version, and ends with a code of its own where it would be refused', async () => {
    const trial: PolicyTrial = {
      policy: 'rule',
      policies: [{ name: 'rule', version: null, digest }],
      moves: [{ model: 'credit-risk', version: '3', pointer: 'champion', holder: '2', policies: ['rule'] }],
      verdict: 'fails',
      obstacles: [],
      gates: aPromotion().gates.map((gate) => ({ ...gate, outcome: 'failed' as const, observed: 'auc is 0.6' })),
      approvals: [
        { policy: 'rule', approver: 'approver', count: 1, candidates: [{ id: 'p2', name: 'Ada' }], enough: true },
      ],
      mayNotApprove: ['p1'],
      warnings: [],
    };
    const line = aCommandLine(always(trial));
    const file = aFile('rule.yaml', '# a rule\npolicy: rule\n');
    const { code, out } = await line.run('policies', 'try', file, '--model', 'credit-risk', '--version', '3');
    expect(line.sent[0]?.path).toBe('/api/v1/policies/rule/dry-run');
    expect(JSON.parse(line.sent[0]?.body ?? '')).toMatchObject({ moves: [{ model: 'credit-risk', version: '3' }] });
    const moves = ['credit-risk@champion=3', 'credit-risk@challenger=2'];
    await line.run('policies', 'try', file, ...moves);
    expect(JSON.parse(line.sent.at(-1)?.body ?? '').moves).toEqual([
      { model: 'credit-risk', pointer: 'champion', version: '3' },
      { model: 'credit-risk', pointer: 'challenger', version: '2' },
    ]);
    expect(out).toContain('would be refused');
    expect(out).toContain('Ada');
    expect(code).toBe(6);
  });
});

describe('assay audit export', () => {
  it('writes the answer to a file that only its owner can read', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'assay-cli-')), 'audit.jsonl');
    const { code, out } = await aCommandLine(() => ({ text: '{"kind":"manifest"}\n' })).run('audit', 'export', file);
    expect({ code, out }).toEqual({ code: 0, out: `${file}\n` });
    expect(readFileSync(file, 'utf8')).toBe('{"kind":"manifest"}\n');
  });
});
