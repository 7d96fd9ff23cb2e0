import { createServer, type Server } from 'node:http';
import { ApiClient } from '@assay/recipes';
import { afterEach, describe, expect, it } from 'vitest';
import { Lease, type StopReason } from './lease.js';

const servers: Server[] = [];
const leases: Lease[] = [];

afterEach(async () => {
  await Promise.allSettled(leases.splice(0).map((lease) => lease.end()));
  for (const server of servers.splice(0)) server.close();
});

describe('a lease', () => {
  it('is kept by signs of life, each with the token of the one before, and carries every line once and in order', async () => {
    const platform = await answering((call) => ({
      status: 200,
      body: { token: `t${call}`, leaseSeconds: 5, cancelRequested: false },
    }));
    platform.lease.begin(5);
    platform.lease.log('one', 'info');
    await platform.lease.renew();
    platform.lease.log('two', 'info');
    platform.lease.progress({ stage: 'training', done: 1, total: 2 });
    await platform.lease.end();
    expect(platform.lines()).toEqual(['one', 'two']);
    expect(platform.beats.at(-1)).toMatchObject({ progress: { done: 1 } });
    expect(platform.tokens.slice(0, 2)).toEqual(['t0', 't1']);
    expect(platform.stopped).toEqual([]);
  });

  it('tells lines again when the answer was lost, and they keep their numbers', async () => {
    const platform = await answering((call) =>
      call === 1 ? null : { status: 200, body: { token: 't', leaseSeconds: 5, cancelRequested: false } },
    );
    platform.lease.begin(5);
    platform.lease.log('one', 'info');
    await expect(platform.lease.renew()).rejects.toThrow('fetch failed');
    platform.lease.log('two', 'warn');
    await platform.lease.end();
    const sequences = platform.beats.map(({ lines }) => lines.map(({ sequence }) => sequence));
    expect(sequences[0]).toEqual([1]);
    expect(sequences.slice(1).flat()).toEqual([1, 2]); // in one beat, or in two where the first was told late
  });

  it('carries long and odd lines in beats that the platform takes: whole characters, no NUL, bounded in size', async () => {
    const platform = await answering(() => ({
      status: 200,
      body: { token: 't', leaseSeconds: 5, cancelRequested: false },
    }));
    platform.lease.begin(5);
    platform.lease.log(`${'x'.repeat(7999)}😀`, 'info');
    platform.lease.log('a\0b', 'info');
    for (let line = 0; line < 1200; line += 1) platform.lease.log('\u0001'.repeat(8000), 'info');
    await platform.lease.end();
    expect(platform.lines()).toHaveLength(1202);
    expect(platform.lines().every((line) => line.isWellFormed() && !line.includes('\0'))).toBe(true);
    expect(Math.max(...platform.beats.map((beat) => JSON.stringify(beat).length))).toBeLessThan(1_000_000);
  });

  it('stops the worker at once when the platform says that another holds the job', async () => {
    const platform = await answering(() => ({ status: 409, body: { code: 'RESOURCE_CONFLICT', detail: 'gone' } }));
    platform.lease.begin(5);
    platform.lease.log('line', 'info');
    await expect.poll(() => platform.stopped).toContain('lease-lost');
  });

  it('stops the worker by its own clock when the platform is silent for as long as the lease', async () => {
    const platform = await answering(() => null);
    const from = performance.now();
    platform.lease.begin(0.6);
    await expect.poll(() => platform.stopped).toContain('lease-lost');
    expect(performance.now() - from).toBeGreaterThan(600);
  });

  it('stops the worker when the job was cancelled', async () => {
    const platform = await answering(() => ({
      status: 200,
      body: { token: 't', leaseSeconds: 5, cancelRequested: true },
    }));
    platform.lease.begin(5);
    await platform.lease.renew();
    expect(platform.stopped).toEqual(['cancelled']);
  });
});

interface Beat {
  lines: { sequence: number; text: string }[];
}

/** A platform that answers heartbeats so; null drops the connection. Calls are counted from 1. */
async function answering(answer: (call: number) => { status: number; body: unknown } | null) {
  const beats: Beat[] = [];
  const tokens: (string | undefined)[] = [];
  const stopped: StopReason[] = [];
  let token = 't0';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      beats.push(JSON.parse(body));
      tokens.push(request.headers.authorization?.replace('Bearer ', ''));
      const given = answer(beats.length);
      if (given === null) response.socket?.destroy();
      else response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const api = new ApiClient({ baseUrl, token: () => token, signal: new AbortController().signal, retryForMs: 0 });
  const lease = new Lease(api, '/api/v1/jobs/j/attempts/1', 5, {
    onToken: (renewed) => (token = renewed),
    onStop: (reason) => stopped.push(reason),
  });
  leases.push(lease);
  return { lease, beats, tokens, stopped, lines: () => beats.flatMap(({ lines }) => lines.map(({ text }) => text)) };
}
