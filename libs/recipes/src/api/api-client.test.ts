import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ApiClient, ApiError, ignoreExisting } from './api-client.js';

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;

const servers: Server[] = [];
const answer = z.object({ ok: z.boolean() });

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('a call that fails for a moment', () => {
  it('is tried again while the platform restarts', async () => {
    const { client, calls } = await serve((_, response, call) => {
      if (call === 1) response.socket?.destroy();
      else if (call === 2) send(response, 503, { code: 'TEMPORARILY_UNAVAILABLE' });
      else send(response, 200, { ok: true });
    });
    expect(await client.get('/x', answer)).toEqual({ ok: true });
    expect(calls()).toBe(3);
  });

  it('is not tried again when sending it twice would do it twice', async () => {
    const { client, calls } = await serve((_, response) => response.socket?.destroy());
    await expect(client.send('POST', '/runs/create', {}, answer)).rejects.toThrow(TypeError);
    expect(calls()).toBe(1);
  });

  it('is tried again under the same key when what it creates is created once', async () => {
    const keys: unknown[] = [];
    const { client, calls } = await serve((request, response, call) => {
      keys.push(request.headers['idempotency-key']);
      if (call === 1) response.socket?.destroy();
      else send(response, 200, { ok: true });
    });
    expect(await client.send('POST', '/runs/create', {}, answer, { key: 'run' })).toEqual({ ok: true });
    expect(calls()).toBe(2);
    expect(keys).toEqual(['run', 'run']);
  });

  it('is tried again when the connection is lost in the middle of the answer', async () => {
    const { client } = await serve((_, response, call) => {
      response.writeHead(200, { 'content-length': '4' });
      response.write('ab', () => (call === 1 ? response.socket?.destroy() : response.end('cd')));
    });
    expect(new TextDecoder().decode(await client.download('/file'))).toBe('abcd');
  });

  it('is given up when the time for it is over', async () => {
    const { client } = await serve((_, response) => send(response, 503, {}), { retryForMs: 50 });
    await expect(client.get('/x', answer)).rejects.toThrow('503');
  });

  it('ends at once when the job is stopped', async () => {
    const controller = new AbortController();
    const { client } = await serve(
      (_, response) => {
        send(response, 503, {});
        controller.abort(new Error('cancelled'));
      },
      { signal: controller.signal },
    );
    await expect(client.get('/x', answer)).rejects.toThrow(/cancelled|aborted/);
  });
});

describe('a refusal', () => {
  it.each([
    ['of the MLflow routes', { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no run' }],
    ['of the platform routes', { code: 'RESOURCE_DOES_NOT_EXIST', detail: 'no run' }],
  ])('%s carries the code and the sentence, and is not tried again', async (_, body) => {
    const { client, calls } = await serve((__, response) => send(response, 404, body));
    const refused = await client.get('/x', answer).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining('GET /x: 404 RESOURCE_DOES_NOT_EXIST: no run'),
    });
    expect(calls()).toBe(1);
  });

  it('that it exists already can be taken for success, any other not', async () => {
    const exists = new ApiError(400, 'RESOURCE_ALREADY_EXISTS', '', '');
    await expect(ignoreExisting(Promise.reject(exists))).resolves.toBeUndefined();
    await expect(ignoreExisting(Promise.reject(new ApiError(403, 'PERMISSION_DENIED', '', '')))).rejects.toThrow('403');
  });
});

it('sends the token of the moment', async () => {
  const seen: (string | undefined)[] = [];
  let token = 'first';
  const { client } = await serve(
    (request, response) => {
      seen.push(request.headers.authorization);
      send(response, 200, { ok: true });
    },
    { token: () => token },
  );
  await client.get('/x', answer);
  token = 'second';
  await client.post('/x', {});
  expect(seen).toEqual(['Bearer first', 'Bearer second']);
});

async function serve(handle: Handler, options: Partial<ConstructorParameters<typeof ApiClient>[0]> = {}) {
  let call = 0;
  const server = createServer((request, response) => {
    call += 1;
    handle(request, response, call);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const defaults = { token: () => 't', signal: new AbortController().signal, retryForMs: 5000 };
  return { client: new ApiClient({ baseUrl: `http://127.0.0.1:${port}`, ...defaults, ...options }), calls: () => call };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
