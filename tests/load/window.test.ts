import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { patternBlock, patternParts } from './driver/artifact-pattern.js';
import type { Outcome, Plan } from './driver/plan.js';
import { Window } from './driver/window.js';

/** One short window of load against a server that answers as the test says. */
async function load(
  answer: (request: IncomingMessage, body: string, reply: ServerResponse) => void,
  plan: Partial<Plan>,
  opened: () => void = () => undefined,
): Promise<Outcome> {
  const server = createServer((request, reply) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, Buffer.concat(parts).toString(), reply));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  try {
    return await new Window({
      url: `http://127.0.0.1:${port}`,
      clients: 2,
      share: 'once',
      calls: [],
      seconds: 0,
      warmUpSeconds: 0,
      leastCalls: 0,
      keep: 'none',
      freshConnections: false,
      ...plan,
    }).run(opened);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

const get = { method: 'GET', path: '/file' } as const;

describe('a window of load', () => {
  it('counts a call that was under way when it opened by its part that fell into the window', async () => {
    const held: ServerResponse[] = [];
    let open = false;
    const outcome = await load(
      (_, __, reply) => (open ? reply.end('{}') : held.push(reply)),
      { clients: 1, share: 'shared', warmUpSeconds: 0.02, leastCalls: 2, calls: [get] },
      () => {
        open = true;
        setImmediate(() => held[0]?.end('{}'));
      },
    );
    expect(outcome.calls).toBeGreaterThan(2);
    expect(outcome.calls).toBeLessThan(3);
  });

  it('sends each counter on with each call, and says how far each client came', async () => {
    const heard: string[] = [];
    const outcome = await load(
      (_, body, reply) => {
        heard.push(body);
        reply.end('{}');
      },
      {
        clients: 1,
        share: 'own',
        warmUpSeconds: 0.001,
        leastCalls: 3,
        calls: [{ method: 'POST', path: '/log', body: ['{"step": ', { start: 1098, perCall: 1 }, '}'] }],
      },
    );
    expect(heard.slice(0, 3)).toEqual(['{"step": 1098}', '{"step": 1099}', '{"step": 1100}']);
    expect(outcome.perClient).toEqual([heard.length]);
  });

  it('fills the second call with what the first one answered', async () => {
    const heard: string[] = [];
    const then = {
      take: '"run_id": ?"([0-9a-f]{4})"',
      call: { method: 'POST', path: '/batch', body: ['{"run": "', { width: 4 }, '"}'] },
    } as const;
    await load(
      (request, body, reply) => {
        heard.push(`${request.url} ${body}`);
        reply.end('{"run_id":"beef"}');
      },
      { calls: [{ method: 'POST', path: '/create', body: '{}', then }] },
    );
    expect(heard).toEqual(['/create {}', '/batch {"run": "beef"}']);
  });

  it('reads answers in chunks and answers of known length alike, and keeps each different one once', async () => {
    let turn = 0;
    const outcome = await load(
      (_, __, reply) => {
        turn += 1;
        if (turn % 2 === 0) reply.end('even');
        else {
          reply.write('o');
          reply.end('dd');
        }
      },
      { clients: 1, keep: 'distinct', share: 'shared', warmUpSeconds: 0.001, leastCalls: 6, calls: [get] },
    );
    expect(outcome.failures).toBe(0);
    expect(outcome.answers.map(({ text }) => text).toSorted()).toEqual(['even', 'odd']);
  });

  it('counts an answer that is an error as a failure and never as a call', async () => {
    const outcome = await load((_, __, reply) => reply.writeHead(503).end('busy'), { calls: [get] });
    expect(outcome).toMatchObject({ calls: 0, failures: 1, perClient: [0, 0], failureTexts: ['503 busy'] });
    expect(outcome.failureKinds).toEqual({ '503': 1 });
  });

  it('counts a server that hangs up as a failure', async () => {
    const outcome = await load((request) => request.socket.destroy(), { calls: [get] });
    expect(outcome).toMatchObject({ calls: 0, failures: 1, failureKinds: { 'no answer': 1 } });
  });

  it('compares every byte that comes down', async () => {
    const bytes = patternBlock.length + 1000;
    const whole = Buffer.concat(patternParts(bytes));
    const spoilt = Buffer.from(whole);
    spoilt[patternBlock.length + 500] = (spoilt[patternBlock.length + 500] ?? 0) ^ 1;
    const down = { calls: [{ ...get, downloadBytes: bytes }] };
    expect((await load((_, __, reply) => reply.end(whole), down)).failures).toBe(0);
    expect((await load((_, __, reply) => reply.end(spoilt), down)).failureTexts[0]).toMatch(/not those that went up/);
    expect((await load((_, __, reply) => reply.end(whole.subarray(1)), down)).failureKinds).toEqual({ wrong: 1 });
    expect((await load((_, __, reply) => reply.end(whole.subarray(0, 1000)), down)).failures).toBe(1);
  });
});
