import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const server = 'http://127.0.0.1:5000';
const issued = { id: 't', name: 'signed in', expiresAt: '2026-01-01T00:00:00Z' };
const ada = { id: 'p1', kind: 'person', name: 'Ada', workspace: 'default', roles: [], groups: [], permissions: [] };

/** A server on which somebody else set Ada's password. */
function withGivenPassword(secrets: string[]) {
  return aCommandLine(
    ({ path, body, authorization }) => {
      if (path === '/api/v1/sessions') {
        const own = JSON.parse(body).password === 'my own words';
        return {
          status: 201,
          json: { ...issued, token: own ? 'own' : 'given', ...(own ? {} : { mustChangePassword: true }) },
        };
      }
      if (path === '/api/v1/me/password' && authorization === 'Bearer given')
        return { json: { ...ada, email: 'ada@example.org', createdAt: issued.expiresAt, disabledAt: null } };
      return path === '/api/v1/me' && authorization === 'Bearer own' ? { json: ada } : undefined;
    },
    { secrets },
  );
}

const login = ['login', '--url', server, '--email', 'ada@example.org'] as const;

it('has whoever signs in with a password that somebody else set choose another', async () => {
  const { run, sent } = withGivenPassword(['given to Ada', 'my own words']);
  const { code, out } = await run(...login);
  expect(code).toBe(0);
  expect(out).toContain('MLFLOW_TRACKING_TOKEN=own');
  expect(JSON.parse(sent.find(({ path }) => path === '/api/v1/me/password')?.body ?? '{}')).toEqual({
    password: 'given to Ada',
    newPassword: 'my own words',
  });
});

it('takes it from the second line of standard input', async () => {
  expect((await withGivenPassword(['given to Ada\nmy own words\n']).run(...login, '--password-stdin')).code).toBe(0);
  const { code, err } = await withGivenPassword(['given to Ada\n']).run(...login, '--password-stdin');
  expect(code).not.toBe(0);
  expect(err).toContain('second line');
});

describe('logout', () => {
  const revokedToken = {
    ...issued,
    id: 't1',
    prefix: 'assay_t1_',
    personId: 'p1',
    serviceAccountId: null,
    kind: 'session',
    scopes: null,
    createdAt: issued.expiresAt,
    revokedAt: issued.expiresAt,
    lastUsedAt: null,
  };
  const line = (ends: boolean) =>
    aCommandLine(
      ({ method, path }) => {
        if (path === '/api/v1/sessions') return { status: 201, json: { ...issued, token: 'own' } };
        if (path === '/api/v1/me') return { json: { ...ada, tokenId: 't1' } };
        if (method === 'DELETE' && path === '/api/v1/tokens/t1' && ends) return { json: revokedToken };
        return undefined;
      },
      { secrets: ['my own words'] },
    );
  const ended = (sent: readonly { method: string; authorization: string | null }[]) =>
    sent.filter(({ method }) => method === 'DELETE').map(({ authorization }) => authorization);

  it('ends the session on the server', async () => {
    const { run, sent } = line(true);
    await run(...login);
    expect((await run('logout')).out).toContain('Signed out');
    expect(ended(sent)).toEqual(['Bearer own']);
  });

  it('leaves an API token alone, which may be in use elsewhere', async () => {
    const { run, sent } = line(true);
    await run('login', '--url', server, '--token', 'assay_t');
    expect((await run('logout')).code).toBe(0);
    expect(ended(sent)).toEqual([]);
  });

  it('forgets the credential also where the server does not answer, and says until when it lasts there', async () => {
    const { run, context } = line(false);
    await run(...login);
    const { code, err } = await run('logout');
    expect(code).toBe(0);
    expect(err).toContain(`lasts until ${issued.expiresAt}`);
    expect(context.profiles.read().profiles).toEqual({});
  });
});

describe('the workspace', () => {
  const line = (environment: Record<string, string> = {}) =>
    aCommandLine(({ path }) => (path === '/api/v1/me' ? { json: { ...ada, workspace: 'fraud' } } : undefined), {
      environment: { ASSAY_URL: server, ...environment },
    });
  const asked = async (environment: Record<string, string>, ...options: string[]): Promise<unknown> => {
    const { run, sent } = line(environment);
    expect((await run('whoami', ...options)).out).toContain('workspace fraud');
    return sent[0]?.workspace;
  };

  it('is the one of the option, else of the setting, else of MLflow’s, else the server’s choice', async () => {
    const both = { ASSAY_WORKSPACE: 'credit', MLFLOW_WORKSPACE: 'mlflows' };
    expect(await asked(both, '--workspace', 'fraud')).toBe('fraud');
    expect(await asked(both)).toBe('credit');
    expect(await asked({ MLFLOW_WORKSPACE: 'mlflows' })).toBe('mlflows');
    expect(await asked({})).toBeNull();
  });

  it('is kept with a sign-in, for later commands and for MLflow’s clients, and goes to that server only', async () => {
    const { run, sent } = line();
    expect((await run('login', '--token', 'assay_t', '--workspace', 'fraud')).out).toContain('MLFLOW_WORKSPACE=fraud');
    await run('whoami');
    await run('whoami', '--url', 'http://127.0.0.1:5001');
    expect(sent.map(({ workspace }) => workspace)).toEqual(['fraud', 'fraud', null]);
  });
});
