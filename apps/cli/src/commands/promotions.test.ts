import type { BreakGlass, Promotion } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine, comeBack, withBrowser } from '../command-line.builder.js';

const digest = 'd'.repeat(64);

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
    requestedBy: { id: 'p1', name: 'eve' },
    requestedAt: '2024-05-01T00:00:00.000Z',
    expiresAt: '2024-05-15T00:00:00.000Z',
    mayNotApprove: [
      { id: 'p1', name: 'eve' },
      { id: 'tim', name: null },
    ],
    gates: [],
    decisions: [],
    missingApprovals: [{ policy: 'rule', approver: 'approver', count: 1, next: true }],
    outcome: null,
    updatedAt: '2024-05-01T00:00:00.000Z',
    ...changes,
  };
}

const approval: Promotion['decisions'][number] = {
  decision: 'approve',
  by: { id: 'p2', name: 'ada' },
  role: 'approver',
  counts: [{ policy: 'rule', approver: 'approver' }],
  at: '2024-05-02T00:00:00.000Z',
  comment: 'fine',
  credential: 'password',
  binding: 'b'.repeat(64),
  voided: false,
};

describe('assay promotions', () => {
  it('signs with a fresh sign-in at the provider, of which nothing but its proof is sent', async () => {
    const line = withBrowser(
      aCommandLine(({ method, path, authorization }) => {
        if (path === '/api/v1/oidc/proofs')
          return authorization === null
            ? { status: 201, json: { proof: 'fresh', expiresAt: '2024-05-01T00:05:00Z' } }
            : undefined;
        return { json: aPromotion(method === 'POST' ? { state: 'applied', missingApprovals: [] } : {}) };
      }),
      async (start) => {
        expect(start.searchParams.get('purpose')).toBe('proof');
        await comeBack(start, { code: 'c1', state: start.searchParams.get('state') ?? '' });
      },
    );
    const { code, err } = await line.run('promotions', 'approve', 'request-1', '--oidc', '--comment', 'looked at it');
    expect(code).toBe(0);
    expect(err).toContain('assay serving');
    const signed = line.sent.find(({ path }) => path.endsWith('/approve'));
    expect(JSON.parse(signed?.body ?? '{}')).toMatchObject({ credential: { proof: 'fresh' }, binding: 'b'.repeat(64) });
  });

  it('says what comes next, and who does it', async () => {
    const asked = async (changes: Partial<Promotion>): Promise<string> => {
      const line = aCommandLine(() => ({ json: aPromotion(changes) }));
      const { err } = await line.run('promote', 'credit-risk:2', '--to', 'champion', '--reason', 'better');
      return err;
    };
    expect(await asked({})).toContain('assay approve request-1 --comment');
    expect(await asked({ state: 'checking' })).toContain('assay run evaluate');
    expect(await asked({ state: 'applied' })).toContain('assay serving');
    expect(await asked({ state: 'withdrawn' })).not.toContain('Next');
  });

  it('shows who decided, who may not, until when, and what would undo it', async () => {
    const line = aCommandLine(() => ({ json: aPromotion({ decisions: [{ ...approval, voided: true }] }) }));
    const { out } = await line.run('promotions', 'show', 'request-1');
    expect(out).toContain('approve (void)  ada  approver');
    expect(out).toContain('until     2024-05-15T00:00:00.000Z');
    expect(out).toContain('Never by eve, tim');
    expect(out).toContain('Void, if');
  });

  it('lists page by page, as many as asked for', async () => {
    const all = Array.from({ length: 5 }, (_, index) => aPromotion({ id: `request-${index}` }));
    const line = aCommandLine(({ path }) => {
      const query = new URL(path, 'http://x').searchParams;
      const from = Number(query.get('pageToken') ?? 0);
      const promotions = all.slice(from, from + Math.min(2, Number(query.get('limit'))));
      return { json: { promotions, nextPageToken: from + 2 < all.length ? String(from + 2) : null } };
    });
    const { out } = await line.run(
      'promotions',
      'list',
      '--state',
      'undecided',
      '--by',
      'eve',
      '--limit',
      '3',
      '--json',
    );
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(['request-0', 'request-1', 'request-2']);
    expect(line.sent.map(({ path }) => path)).toEqual([
      '/api/v1/promotions?state=undecided&requestedBy=eve&limit=3',
      '/api/v1/promotions?state=undecided&requestedBy=eve&limit=1&pageToken=2',
    ]);
    expect((await line.run('promotions', 'list', '--limit', 'many')).code).toBe(2);
  });

  it.each([
    ['applied', 0],
    ['expired', 6],
  ] as const)('watches until the request is decided, and ends %s with code %i', async (state, expected) => {
    const states = [
      aPromotion({ state: 'checking' }),
      aPromotion({ state: 'checking' }),
      aPromotion({ decisions: [approval] }),
      aPromotion({ state, outcome: 'so it went' }),
    ];
    const line = aCommandLine(() => ({ json: states.shift() }));
    const { code, err } = await line.run('promotions', 'watch', 'request-1');
    expect(code).toBe(expected);
    expect(err.match(/checking/g)).toHaveLength(1);
    expect(err).toContain('awaiting approval: 0 of 0 gates passed, 1 approved');
    expect(line.sent).toHaveLength(4);
  });

  it('signs nothing that has ended, or that is not what the caller had looked at', async () => {
    const argv = ['promotions', 'approve', 'request-1', '--comment', 'fine', '--token', 'assay_x'];
    const ended = aCommandLine(() => ({ json: aPromotion({ state: 'superseded', outcome: 'it moved' }) }));
    expect((await ended.run(...argv)).code).toBe(3);
    expect(ended.sent.map(({ method }) => method)).toEqual(['GET']);
    const changed = aCommandLine(() => ({ json: aPromotion() }));
    expect((await changed.run(...argv, '--binding', 'c'.repeat(64))).code).toBe(3);
    expect(changed.sent.map(({ method }) => method)).toEqual(['GET']);
    expect((await changed.run(...argv, '--binding', 'b'.repeat(64))).code).toBe(0);
    expect(JSON.parse(changed.sent.at(-1)?.body ?? '')).toMatchObject({ binding: 'b'.repeat(64) });
  });
});

describe('assay break-glass', () => {
  const move: BreakGlass = {
    id: 'move-1',
    model: 'credit-risk',
    pointer: 'champion',
    version: '1',
    from: '2',
    policies: [{ name: 'rule', version: 1 }],
    reason: 'it refuses everybody',
    brokenBy: { id: 'p3', name: 'max' },
    brokenAt: '2024-05-01T00:00:00.000Z',
    expiresAt: '2024-05-01T04:00:00.000Z',
    reviewDueAt: '2024-05-03T00:00:00.000Z',
    reviewRoles: ['approver'],
    overdue: false,
    review: null,
  };

  it('moves a pointer with the credential again, and says that somebody else must review it', async () => {
    const line = aCommandLine(() => ({ status: 201, json: move }), { secrets: ['my password'] });
    const argv = ['break-glass', 'move', 'credit-risk:1', '--to', 'champion', '--expect', '2', '--reason', 'it fails'];
    const { code, out, err } = await line.run(...argv);
    expect(code).toBe(0);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({
      model: 'credit-risk',
      pointer: 'champion',
      version: '1',
      expectedHolder: '2',
      reason: 'it fails',
      credential: { password: 'my password' },
    });
    expect(out).toContain('somebody else who is approver');
    expect(err).toContain('assay break-glass review move-1');
  });

  it('reviews what it has shown, and lists what is overdue', async () => {
    const line = aCommandLine(({ path }) => ({
      json: path.includes('?') ? { moves: [{ ...move, overdue: true }], nextPageToken: 'more' } : move,
    }));
    const listed = await line.run('break-glass', 'list', '--state', 'overdue');
    expect(listed.out).toContain('OVERDUE');
    expect(listed.err).toContain('newest 200');
    const review = ['break-glass', 'review', 'move-1', '--comment', 'so it was', '--token', 'assay_x'];
    expect((await line.run(...review)).code).toBe(2);
    const { code, err } = await line.run(...review, '--verdict', 'justified');
    expect(code).toBe(0);
    expect(err).toContain('because         it refuses everybody');
    expect(JSON.parse(line.sent.at(-1)?.body ?? '')).toEqual({
      verdict: 'justified',
      comment: 'so it was',
      credential: { token: 'assay_x' },
    });
  });
});
