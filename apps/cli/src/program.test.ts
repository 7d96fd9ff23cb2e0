import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aCommandLine, type Responder } from './command-line.builder.js';

const person = {
  id: 'p1',
  kind: 'person',
  name: 'Ada',
  workspace: 'default',
  roles: ['contributor'],
  groups: [],
  permissions: ['jobs:read'],
};
const expiresAt = '2030-01-01T00:00:00.000Z';
const signIn: Responder = ({ method, path, body }) => {
  if (method === 'POST' && path === '/api/v1/sessions') {
    const { password } = JSON.parse(body);
    return password === 'right password'
      ? { status: 201, json: { id: 't1', name: 'session', token: 'assay_t1_secret_crc', expiresAt } }
      : { status: 401, json: { code: 'UNAUTHENTICATED', detail: 'Wrong address or password.' } };
  }
  if (path === '/api/v1/me') return { json: person };
  if (path === '/api/v1/config') return { json: { settings: [{ name: 'ASSAY_PORT', value: '5000', about: 'Port' }] } };
  return { status: 404, json: { code: 'ENDPOINT_NOT_FOUND', detail: 'No such endpoint.' } };
};

describe('assay login', () => {
  it('keeps the credential where only its owner can read it, and uses it from then on', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password'] });
    const { code, out } = await line.run('login', '--url', 'http://server.test:5000', '--email', 'ada@example.com');
    expect(code).toBe(0);
    expect(out).toBe(
      'export MLFLOW_TRACKING_URI=http://server.test:5000\nexport MLFLOW_TRACKING_TOKEN=assay_t1_secret_crc\n',
    );
    const { path } = line.context.profiles;
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect(readFileSync(path, 'utf8')).not.toContain('right password');
    await line.run('config');
    expect(line.sent.at(-1)).toMatchObject({ path: '/api/v1/config', authorization: 'Bearer assay_t1_secret_crc' });
  });

  it('reads the password from standard input when asked to', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password\n'] });
    expect((await line.run('login', '--email', 'ada@example.com', '--password-stdin')).code).toBe(0);
  });

  it('asks for the address when it was not given', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password'], lines: ['ada@example.com'] });
    expect((await line.run('login')).code).toBe(0);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({ email: 'ada@example.com', password: 'right password' });
  });

  it('makes the first administrator with the secret of the set-up', async () => {
    const line = aCommandLine(
      (request) =>
        request.path === '/api/v1/setup'
          ? { status: 201, json: { id: 't1', name: 'session', token: 'assay_t1_x', expiresAt } }
          : signIn(request),
      { secrets: ['a long new password'] },
    );
    expect((await line.run('login', '--setup', 'once', '--email', 'ada@example.com')).code).toBe(0);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toEqual({
      secret: 'once',
      email: 'ada@example.com',
      name: 'ada',
      password: 'a long new password',
    });
  });

  it('keeps nothing when the server refuses, and says what the server said', async () => {
    const line = aCommandLine(signIn, { secrets: ['wrong'] });
    expect(await line.run('login', '--email', 'ada@example.com')).toMatchObject({
      code: 4,
      out: '',
      err: 'assay: Wrong address or password.\n',
    });
    expect(line.context.profiles.read().profiles).toEqual({});
  });

  it('warns before a password goes over an open network', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password'] });
    expect((await line.run('login', '--url', 'http://server.test', '--email', 'a@b.example')).err).toContain(
      'not encrypted',
    );
  });

  it('never sends a kept token to another server', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password'] });
    await line.run('login', '--url', 'http://server.test', '--email', 'a@b.example');
    await line.run('config', '--url', 'http://elsewhere.test');
    expect(line.sent.at(-1)?.authorization).toBeNull();
  });

  it('forgets the credential at logout', async () => {
    const line = aCommandLine(signIn, { secrets: ['right password'] });
    await line.run('login', '--email', 'a@b.example');
    expect((await line.run('logout')).code).toBe(0);
    expect(line.context.profiles.read().profiles).toEqual({});
  });
});

describe('every command', () => {
  it('gives data on standard output, as JSON when asked', async () => {
    const line = aCommandLine(signIn);
    expect((await line.run('config')).out).toBe('SETTING     VALUE  MEANING\nASSAY_PORT  5000   Port\n');
    const { out, err } = await line.run('config', '--json');
    expect(JSON.parse(out)).toEqual([{ name: 'ASSAY_PORT', value: '5000', about: 'Port' }]);
    expect(err).toBe('');
  });

  it('takes address and token from the environment before the profile', async () => {
    const line = aCommandLine(signIn, { environment: { ASSAY_URL: 'http://env.test', ASSAY_TOKEN: 'from-env' } });
    await line.run('whoami');
    expect(line.sent[0]?.authorization).toBe('Bearer from-env');
  });

  it.each([
    [['config', '--url', 'not a url'], 2, 'is no address of a server'],
    [['nonsense'], 2, "unknown command 'nonsense'"],
    [['config', '--colour'], 2, "unknown option '--colour'"],
    [['promote', 'credit-risk', '--to', 'champion', '--reason', 'x'], 2, 'is not a model version'],
    [['jobs', 'show', 'unknown-id'], 5, 'No such endpoint.'],
    [['config', '--profile', 'nobody'], 2, 'There is no profile "nobody"'],
  ])('ends %j with code %i and one sentence', async (argv, code, sentence) => {
    const line = aCommandLine(signIn);
    const ended = await line.run(...argv);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toContain(sentence);
    expect(ended.err.trim().split('\n')).toHaveLength(1);
  });

  it('says what to do when nothing answers', async () => {
    const ended = await aCommandLine().run('config');
    expect(ended.code).toBe(69);
    expect(ended.err).toBe(
      'assay: http://127.0.0.1:5000 does not answer (ECONNREFUSED): is Assay started there ("npm start"), and is --url right?\n',
    );
  });

  it.each([
    'login',
    'run',
    'promote',
    'approve',
    'jobs list',
    'models pointer',
    'drift alerts',
    'audit export',
    'audit verify',
    'policies publish',
    'config',
  ])('shows an example in the help of %s', async (name) => {
    expect((await aCommandLine().run(...name.split(' '), '--help')).out).toContain('Example:\n  assay');
  });

  it('shows, not sends, control characters of a name', async () => {
    const steering: Responder = () => ({ json: { settings: [{ name: 'evil\u001b[2J', value: 'x', about: 'y' }] } });
    expect((await aCommandLine(steering).run('config')).out).toContain('evil·[2J');
  });
});
