import type { Webhook, WebhookDelivery } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const aWebhook: Webhook = {
  id: 'w1',
  name: 'chat',
  url: 'https://chat.example.com/hooks/1',
  description: null,
  events: ['promotion.approved'],
  models: null,
  status: 'ACTIVE',
  signed: true,
  createdBy: 'p1',
  createdAt: '2024-05-01T00:00:00.000Z',
  updatedAt: '2024-05-01T00:00:00.000Z',
};

const aDelivery: WebhookDelivery = {
  id: 'd2',
  event: 'promotion.approved',
  eventId: 'r1',
  state: 'waiting',
  attempts: 0,
  nextAttemptAt: '2024-05-01T00:00:00.000Z',
  responseStatus: null,
  responseBody: null,
  error: null,
  replayOf: 'd1',
  createdAt: '2024-05-01T00:00:00.000Z',
  body: '{}',
};

const add = ['webhooks', 'add', 'chat', 'https://chat.example.com/hooks/1', '--event', 'promotion.approved'];

describe('assay webhooks', () => {
  it('adds one with a new secret, which it shows once and apart from the answer', async () => {
    const line = aCommandLine(() => ({ status: 201, json: aWebhook }));
    const { code, out, err } = await line.run(...add, 'drift_alert.opened', '--new-secret');
    expect({ code, out }).toEqual({ code: 0, out: 'w1\n' });
    const body = JSON.parse(line.sent[0]?.body ?? '');
    expect(body).toMatchObject({ name: 'chat', events: ['promotion.approved', 'drift_alert.opened'] });
    expect(Buffer.from(body.secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
    expect(err).toContain(body.secret);
  });

  it('takes a secret from standard input, never from an argument', async () => {
    const line = aCommandLine(() => ({ status: 201, json: aWebhook }), { secrets: ['my secret\n'] });
    expect((await line.run(...add, '--secret-stdin')).code).toBe(0);
    expect(JSON.parse(line.sent[0]?.body ?? '').secret).toBe('my secret');
  });

  it('refuses an event that nobody knows before it asks the server', async () => {
    const line = aCommandLine(() => ({ json: aWebhook }));
    expect((await line.run('webhooks', 'add', 'a', 'https://a.example', '--event', 'model.exploded')).code).toBe(2);
    expect(line.sent).toEqual([]);
  });

  it('lists them with what they are told of', async () => {
    const line = aCommandLine(() => ({ json: { webhooks: [aWebhook], nextBefore: null } }));
    const { out } = await line.run('webhooks', 'list');
    expect(out).toContain('promotion.approved');
  });

  it('ends negatively when the example is not taken', async () => {
    const refused = { success: false, responseStatus: 500, responseBody: 'broken', error: null };
    const { code, out, err } = await aCommandLine(() => ({ json: refused })).run('webhooks', 'test', 'w1');
    expect(out).toContain('It answered 500. broken');
    expect(err).toContain('status 500');
    expect(code).not.toBe(0);
  });

  it('lists deliveries in a state and replays one', async () => {
    const line = aCommandLine(({ method }) =>
      method === 'GET' ? { json: { deliveries: [aDelivery], nextBefore: null } } : { status: 201, json: aDelivery },
    );
    expect((await line.run('webhooks', 'deliveries', 'w1', '--state', 'failed')).out).toContain('d2');
    expect((await line.run('webhooks', 'replay', 'w1', 'd1')).out).toBe('Delivery d2 repeats d1.\n');
    expect(line.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/webhooks/w1/deliveries?state=failed',
      'POST /api/v1/webhooks/w1/deliveries/d1/replay',
    ]);
  });

  it('deletes one', async () => {
    const line = aCommandLine(() => ({ text: '' }));
    expect((await line.run('webhooks', 'delete', 'w1')).out).toBe('Deleted w1.\n');
  });
});
