import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const state = (version: string | null) => ({ model: 'credit-risk', pointer: 'champion', version, move: null });

describe('assay rollback', () => {
  it('goes back from what the pointer holds now', async () => {
    const line = aCommandLine(({ method }) => ({
      json: method === 'GET' ? state('3') : { outcome: 'moved', to: '2', pointer: state('2'), promotion: null },
    }));
    const { code, out } = await line.run('rollback', 'credit-risk', 'champion', '--reason', 'it misbehaves');
    expect([code, out]).toEqual([0, 'credit-risk@champion holds version 2 again.\n']);
    expect(line.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/models/credit-risk/pointers/champion',
      'POST /api/v1/models/credit-risk/pointers/champion/rollback',
    ]);
    expect(JSON.parse(line.sent[1]?.body ?? '')).toEqual({ expected: '3', reason: 'it misbehaves' });
  });

  it('names the version and the expected holder when told', async () => {
    const line = aCommandLine(() => ({ json: { outcome: 'moved', to: '1', pointer: state('1'), promotion: null } }));
    await line.run('rollback', 'credit-risk', 'champion', '--reason', 'r', '--to', '1', '--expect', 'none');
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({ expected: null, reason: 'r', to: '1' });
  });
});
