import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Receiver } from './receiver.builder.js';
import { selfSigned } from './self-signed.builder.js';
import { sendDelivery, type SendOptions } from './send-delivery.js';

const now = new Date('2026-01-01T00:00:00Z');
const open: SendOptions = { allowPrivate: true, timeoutMs: 30_000, now };
const strict: SendOptions = { ...open, allowPrivate: false };
const body = JSON.stringify({ entity: 'model_version' });

describe('sending a delivery', () => {
  let receiver: Receiver;
  const send = (options: Partial<SendOptions> = {}, url = receiver.url) =>
    sendDelivery(new URL(url), body, { 'webhook-id': 'd1' }, { ...open, ...options });

  beforeEach(async () => {
    receiver = await new Receiver().listen();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await receiver.close();
  });

  it('POSTs the bytes once and tells what is answered', async () => {
    expect(await send()).toEqual({ kind: 'answered', status: 200, body: 'thanks', retryAfterMs: null });
    expect(receiver.received).toEqual([
      {
        method: 'POST',
        path: '/hook?from=assay',
        body,
        headers: expect.objectContaining({
          'webhook-id': 'd1',
          'content-type': 'application/json',
          host: `127.0.0.1:${receiver.port}`,
        }),
      },
    ]);
  });

  it('follows no redirect', async () => {
    const target = await new Receiver().listen();
    receiver.answer = (response) => response.writeHead(307, { location: target.url }).end();
    expect(await send()).toMatchObject({ kind: 'answered', status: 307 });
    expect(target.connections).toBe(0);
    await target.close();
  });

  it('asks no proxy', async () => {
    const proxy = await new Receiver().listen();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect(await send()).toMatchObject({ status: 200 });
    expect(proxy.connections).toBe(0);
    await proxy.close();
  });

  it('keeps the beginning of a huge answer and reads no further', async () => {
    let written = 0;
    receiver.answer = (response) => {
      const more = (): void => {
        while (!response.destroyed && written < 1_000_000_000 && response.write('x'.repeat(65_536))) written += 65_536;
      };
      response.on('drain', more);
      more();
    };
    expect(await send()).toEqual({ kind: 'answered', status: 200, body: 'x'.repeat(2048), retryAfterMs: null });
    expect(written).toBeLessThan(50_000_000);
  });

  it('keeps the status of an answer whose body never ends', async () => {
    receiver.answer = (response) => response.write('begun');
    expect(await send({ timeoutMs: 5_000 })).toEqual({
      kind: 'answered',
      status: 200,
      body: 'begun',
      retryAfterMs: null,
    });
  });

  it('gives up on one that never answers', async () => {
    receiver.answer = () => undefined;
    expect(await send({ timeoutMs: 300 })).toEqual({
      kind: 'failed',
      error: 'no whole answer within 0.3 s',
      final: false,
    });
  });

  it('gives up on a name service that never answers', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    expect(await send({ timeoutMs: 300, resolve }, 'http://hooks.test/')).toMatchObject({
      kind: 'failed',
      final: false,
    });
  });

  it('tells of a refused connection and an unknown name', async () => {
    const { url } = receiver;
    await receiver.close();
    expect(await send({}, url)).toMatchObject({ kind: 'failed', error: expect.stringContaining('ECONNREFUSED') });
    const resolve = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
    expect(await send({ resolve }, 'http://hooks.test/')).toMatchObject({
      error: expect.stringContaining('ENOTFOUND'),
    });
    receiver = await new Receiver().listen();
  });

  it.each([
    ['30', 30_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ])('reads Retry-After: %s', async (header, expected) => {
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': header }).end();
    expect(await send()).toMatchObject({ status: 429, retryAfterMs: expected });
  });

  it('takes what answers in no HTTP for a failure', async () => {
    receiver.answer = (response) => response.socket?.end('nonsense\r\n\r\n');
    expect(await send()).toMatchObject({ kind: 'failed', final: false });
  });

  describe('where private addresses are forbidden', () => {
    it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0', '2130706433', '0x7f.1', '127.1'])(
      'does not even connect to %s',
      async (host) => {
        const attempt = await send(strict, `http://${host}:${receiver.port}/`);
        expect(attempt).toMatchObject({ kind: 'failed', final: true, error: expect.stringContaining('not a public') });
        expect(receiver.connections).toBe(0);
      },
    );

    it('does not connect to a name that means a private address, alone or beside a public one', async () => {
      for (const addresses of [['127.0.0.1'], ['1.1.1.1', '127.0.0.1'], ['127.0.0.1', '1.1.1.1']]) {
        const resolve = () => Promise.resolve(addresses.map((address) => ({ address, family: 4 })));
        const attempt = await send({ ...strict, resolve }, `http://hooks.test:${receiver.port}/`);
        expect(attempt).toMatchObject({ kind: 'failed', final: true });
      }
      expect(receiver.connections).toBe(0);
    });

    it('sends not a byte over a socket that ends at a private address, whatever was looked up', async () => {
      let asked = 0;
      const rebinding = {
        family: 4,
        get address(): string {
          asked += 1;
          return asked === 1 ? '1.1.1.1' : '127.0.0.1';
        },
      };
      const resolve = () => Promise.resolve([rebinding]);
      const attempt = await send({ ...strict, resolve }, `http://hooks.test:${receiver.port}/`);
      expect(attempt).toEqual({ kind: 'failed', final: true, error: '127.0.0.1 is not a public address' });
      await expect.poll(() => receiver.connections).toBe(1);
      expect(receiver.received).toEqual([]);
      await receiver.close();
      expect(receiver.bytes).toBe(0);
      receiver = await new Receiver().listen();
    });
  });
});

describe('sending a delivery by TLS', () => {
  const identity = selfSigned('hooks.test');
  let receiver: Receiver;
  const here = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

  beforeAll(async () => {
    receiver = await new Receiver(identity).listen();
  });
  afterAll(() => receiver.close());

  it('goes to the name that the certificate was made for', async () => {
    const url = new URL(`https://hooks.test:${receiver.port}/hook`);
    const attempt = await sendDelivery(url, body, {}, { ...open, resolve: here, ca: identity.cert });
    expect(attempt).toMatchObject({ kind: 'answered', status: 200, body: 'thanks' });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ['another name', 'other.test', identity.cert],
    ['a certificate that nobody vouches for', 'hooks.test', undefined],
  ])('refuses %s', async (_, host, ca) => {
    const url = new URL(`https://${host}:${receiver.port}/hook`);
    const before = receiver.received.length;
    const attempt = await sendDelivery(url, body, {}, { ...open, resolve: here, ...(ca === undefined ? {} : { ca }) });
    expect(attempt).toMatchObject({ kind: 'failed' });
    expect(receiver.received).toHaveLength(before);
  });
});
