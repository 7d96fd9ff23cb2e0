import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { TokenCredentialReader } from '@assay/access-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { SetUp } from './set-up.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const typed = { email: 'root@example.org', name: 'Root', password: 'correct horse' };

describe('the page behind the one-time link', () => {
  let page = '';
  let secret = '';

  beforeAll(async () => {
    secret = (await platform.get(SetUp).secretIfNeeded()) ?? '';
  });

  it('is served to everybody, knows no secret, and lets nothing run but its own script and style', async () => {
    const { status, headers, body } = await platform.call('GET', '/setup');
    page = body;
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(page).not.toContain(secret);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    for (const tag of ['script', 'style'])
      expect(policy).toContain(
        `${tag}-src 'sha256-${createHash('sha256').update(within(page, tag)).digest('base64')}'`,
      );
  });

  it('says so without its secret, tells what the server refuses, and makes the first person once', async () => {
    expect(await filledIn('', null)).toContain('lacks its secret');
    expect(await filledIn(`#${secret}`, { ...typed, password: 'baseball' })).toContain('most common passwords');
    expect(await filledIn('#wrong', typed)).toContain('secret is wrong');
    const done = await filledIn(`#${secret}`, typed);
    const token = /MLFLOW_TRACKING_TOKEN=(\S+)/.exec(done)?.[1];
    expect((await platform.call('GET', '/api/v1/me', undefined, token)).body).toMatchObject({
      name: 'Root',
      roles: ['admin'],
    });
    expect(await filledIn(`#${secret}`, typed)).toContain('done already');
  });

  /** What the page says, once somebody has opened it with a fragment and, if they did, sent the form. */
  async function filledIn(hash: string, fields: Readonly<Record<string, string>> | null): Promise<string> {
    const said = { textContent: '' };
    const listeners: ((event: { preventDefault(): void }) => Promise<void>)[] = [];
    const form = {
      hidden: false,
      addEventListener: (_: string, listener: (typeof listeners)[number]) => void listeners.push(listener),
    };
    const location = { hash, pathname: '/setup', origin: 'http://127.0.0.1:5000' };
    runInNewContext(within(page, 'script'), {
      location,
      history: { replaceState: () => void (location.hash = '') },
      document: { querySelector: (name: string) => (name === 'form' ? form : said) },
      FormData: class {
        *[Symbol.iterator]() {
          yield* Object.entries(fields ?? {});
        }
      },
      fetch: async (path: string, { body }: { body: string }) => {
        const answer = await platform.call('POST', path, JSON.parse(body));
        return { ok: answer.status < 300, json: async () => answer.body };
      },
    });
    expect(location.hash).toBe('');
    expect(listeners).toHaveLength(1);
    if (fields !== null) for (const submit of listeners) await submit({ preventDefault: () => undefined });
    return said.textContent;
  }
});

function within(html: string, tag: string): string {
  return new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
}
