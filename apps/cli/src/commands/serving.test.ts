import type { ServingVersion } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

function aServingVersion(changes: Partial<ServingVersion> = {}): ServingVersion {
  return {
    model: 'credit-risk',
    modelId: 'm1',
    pointer: 'champion',
    version: '2',
    manifestDigest: 'ab'.repeat(32),
    movedAt: '2024-05-01T00:00:00.000Z',
    movedBy: { id: 'p2', name: 'Ada', kind: 'person', onBehalfOf: null },
    via: 'promotion',
    reason: 'better',
    requestId: 'request-1',
    requestedBy: { id: 'p1', name: 'Eve' },
    approvals: [{ by: { id: 'p2', name: 'Ada' }, role: 'approver', at: '2024-05-01T00:00:00.000Z', comment: 'fine' }],
    emergency: null,
    policies: [{ name: 'champions', version: 3, digest: 'c'.repeat(64) }],
    ...changes,
  };
}

const environment = { name: 'production', aliases: ['champion'] };

describe('assay serving', () => {
  it('tells in one line what is in production and who approved it, over all pages', async () => {
    const pages = [
      { environment, asOf: null, serving: [aServingVersion()], nextPageToken: 'more' },
      {
        environment,
        asOf: null,
        serving: [
          aServingVersion({
            model: 'fraud',
            requestId: null,
            approvals: [],
            policies: [],
            movedBy: { id: 'local', name: null, kind: 'local', onBehalfOf: null },
          }),
        ],
        nextPageToken: null,
      },
    ];
    const line = aCommandLine(() => ({ json: pages.shift() }));
    const { code, out } = await line.run('serving');
    expect(code).toBe(0);
    expect(line.sent.map(({ path }) => path)).toEqual([
      '/api/v1/environments/production/serving?limit=500',
      '/api/v1/environments/production/serving?limit=500&pageToken=more',
    ]);
    const [, guarded, free] = out.split('\n');
    expect(guarded).toMatch(
      /^credit-risk@champion +2 +2024-05-01T00:00:00.000Z +promotion +Ada +Ada \(approver\) +champions:3 +request-1 +abababababab$/,
    );
    expect(free).toMatch(/^fraud@champion .* local +– +– +– /);
  });

  it('asks for a time, a model and another environment', async () => {
    const line = aCommandLine(() => ({ json: { environment, asOf: null, serving: [], nextPageToken: null } }));
    const { out } = await line.run(
      'serving',
      'eu west',
      '--as-of',
      '2024-05-01T00:00:00Z',
      '--model',
      'fraud',
      '--json',
    );
    expect(JSON.parse(out)).toEqual([]);
    expect(line.sent[0]?.path).toBe(
      '/api/v1/environments/eu%20west/serving?model=fraud&asOf=2024-05-01T00%3A00%3A00Z&limit=500',
    );
    expect((await line.run('serving', 'staging')).out).toBe('Nothing serves in staging.\n');
  });
});

describe('assay environments', () => {
  it('sets them in order, with their aliases', async () => {
    const environments = [
      { name: 'dev', aliases: [] },
      { name: 'production', aliases: ['champion', 'live'] },
    ];
    const line = aCommandLine(() => ({ json: { environments } }));
    const { out } = await line.run('environments', 'set', 'dev', 'production=champion,live');
    expect([line.sent[0]?.method, JSON.parse(line.sent[0]?.body ?? '')]).toEqual(['PUT', { environments }]);
    expect(out).toBe('ENVIRONMENT  ALIASES\ndev          (every other)\nproduction   champion, live\n');
    expect((await line.run('environments', 'set', '=champion')).code).toBe(2);
  });
});
