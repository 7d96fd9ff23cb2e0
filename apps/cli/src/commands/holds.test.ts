import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const hold = {
  id: 'h1',
  kind: 'model',
  subject: 'credit-risk',
  subjectId: 'm1',
  reason: 'a claim',
  setBy: 'p1',
  setAt: '2026-01-01T00:00:00.000Z',
  lifted: null,
};

describe('assay holds', () => {
  it('sets a hold and says how it ends', async () => {
    const line = aCommandLine(() => ({ json: hold }));
    const { code, out } = await line.run('holds', 'set', 'model', 'credit-risk', '--reason', 'a claim');
    expect([code, out]).toEqual([
      0,
      'model credit-risk is held. Somebody else ends that with: assay holds lift h1 --reason "…"\n',
    ]);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({ kind: 'model', subject: 'credit-risk', reason: 'a claim' });
  });

  it('lists those that stand, or all', async () => {
    const line = aCommandLine(() => ({ json: { holds: [hold] } }));
    expect((await line.run('holds', 'list')).out).toMatch(
      /h1 +model credit-risk +2026-01-01T00:00:00.000Z +p1 +a claim/,
    );
    await line.run('holds', 'list', '--all');
    expect(line.sent.map(({ path }) => path)).toEqual([
      '/api/v1/legal-holds?state=standing&limit=500',
      '/api/v1/legal-holds?state=all&limit=500',
    ]);
  });

  it('lifts one', async () => {
    const lifted = { by: 'p2', at: '2026-02-01T00:00:00.000Z', reason: 'settled' };
    const line = aCommandLine(() => ({ json: { ...hold, lifted } }));
    const { out } = await line.run('holds', 'lift', 'h1', '--reason', 'settled');
    expect([line.sent[0]?.path, out]).toEqual([
      '/api/v1/legal-holds/h1/lift',
      'model credit-risk is no longer held by h1.\n',
    ]);
  });
});
