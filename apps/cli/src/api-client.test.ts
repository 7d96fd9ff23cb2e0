import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ApiClient, errorOf } from './api-client.js';

function clientAnswering(response: () => Response): ApiClient {
  return new ApiClient('http://server.test', 'secret', async () => response());
}

describe('errors of the server', () => {
  it.each([
    [
      403,
      '{"type":"about:blank","code":"PERMISSION_DENIED","detail":"Ask an approver.","requestId":"r1"}',
      'PERMISSION_DENIED',
      'Ask an approver.',
      4,
    ],
    [
      404,
      '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No such run."}',
      'RESOURCE_DOES_NOT_EXIST',
      'No such run.',
      5,
    ],
    [409, '{"code":"RESOURCE_CONFLICT","detail":"It moved."}', 'RESOURCE_CONFLICT', 'It moved.', 3],
    [502, '<html>Bad gateway</html>', 'HTTP_502', 'The server answered 502.', 69],
  ])('are told in its own words (%i)', (status, text, code, detail, exitCode) => {
    expect(errorOf(status, text)).toMatchObject({ status, code, detail, exitCode });
  });

  it('name the request when the server failed, so that it can be found in the log', () => {
    expect(errorOf(500, '{"code":"INTERNAL_ERROR","detail":"The server failed.","requestId":"r42"}').message).toBe(
      'The server failed. (request r42)',
    );
  });
});

describe('ApiClient', () => {
  it('gives the ids of the audit records that a change wrote', async () => {
    const client = clientAnswering(() =>
      Response.json({ id: 'x' }, { status: 201, headers: { 'assay-audit-id': 'a1, a2' } }),
    );
    expect(await client.post('/x', z.object({ id: z.string() }), {})).toEqual({
      body: { id: 'x' },
      status: 201,
      auditIds: ['a1', 'a2'],
    });
  });

  it('sends the key of a creation, and none where there is none', async () => {
    const keys: (string | null)[] = [];
    const client = new ApiClient('http://server.test', null, async (_url, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'));
      return Response.json({});
    });
    await client.post('/x', z.looseObject({}), {}, 'register-m-1');
    await client.post('/x', z.looseObject({}), {});
    expect(keys).toEqual(['register-m-1', null]);
  });

  it('refuses an answer of another shape instead of guessing', async () => {
    await expect(
      clientAnswering(() => Response.json({ id: 7 })).get('/x', z.object({ id: z.string() })),
    ).rejects.toThrow(/not as documented \(id:/);
  });

  it('leaves empty query values out and escapes the rest', async () => {
    const urls: string[] = [];
    const client = new ApiClient('http://server.test', null, async (url) => {
      urls.push(String(url));
      return Response.json({});
    });
    await client.get('/x', z.object({}), { a: undefined, b: 'ö&=', c: 1 });
    expect(urls).toEqual(['http://server.test/x?b=%C3%B6%26%3D&c=1']);
  });
});
