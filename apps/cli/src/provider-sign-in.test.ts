import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aCommandLine, comeBack, withBrowser } from './command-line.builder.js';

const server = 'http://127.0.0.1:5000';
const ada = {
  id: 'p1',
  kind: 'person',
  name: 'Ada',
  workspace: 'default',
  roles: ['approver'],
  groups: [],
  permissions: [],
};

/** A command line whose person answers its page as `visit` does. */
const visitedBy = (visit: (start: URL) => Promise<void>) =>
  withBrowser(
    aCommandLine(({ path, authorization }) => {
      if (path === '/api/v1/oidc/sessions')
        return {
          status: 201,
          json: { id: 't', name: 'signed in', token: 'assay_t', expiresAt: '2026-01-01T00:00:00Z' },
        };
      return path === '/api/v1/me' && authorization === 'Bearer assay_t' ? { json: ada } : undefined;
    }),
    visit,
  );

describe('assay login --oidc', () => {
  it('keeps the session that its code and its verifier are redeemed for', async () => {
    let challenge: string | null = null;
    const { run, sent } = visitedBy(async (start) => {
      challenge = start.searchParams.get('codeChallenge');
      // Other pages may ask this address; they are no answer.
      expect((await comeBack(start, { code: 'planted', state: 'guessed' })).status).toBe(404);
      await comeBack(start, { code: 'c1', state: start.searchParams.get('state') ?? '' });
    });
    const { code, out, err } = await run('login', '--oidc', '--url', server);
    expect(err).toContain('as Ada');
    expect(code).toBe(0);
    expect(out).toContain('MLFLOW_TRACKING_TOKEN=assay_t');
    const redeemed = JSON.parse(sent.find(({ path }) => path === '/api/v1/oidc/sessions')?.body ?? '{}');
    expect(redeemed.code).toBe('c1');
    expect(createHash('sha256').update(redeemed.codeVerifier).digest('base64url')).toBe(challenge);
  });

  it('says why nobody was let in', async () => {
    const { run } = visitedBy(async (start) => {
      const state = start.searchParams.get('state') ?? '';
      await comeBack(start, { error: 'access_denied', error_description: 'This account is disabled.', state });
    });
    const { code, err } = await run('login', '--oidc', '--url', server);
    expect(code).not.toBe(0);
    expect(err).toContain('This account is disabled.');
  });
});
