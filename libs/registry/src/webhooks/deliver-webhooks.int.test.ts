import { acrossWorkspaces } from '@assay/platform/database';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { Receiver } from './receiver.builder.js';
import { ownPath, WebhookWorld } from './webhook-world.builder.js';

const mlflow = '/api/2.0/mlflow';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('deliveries of webhooks', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1', ASSAY_WEBHOOKS_MAX_ATTEMPTS: '3' },
  });
  const world = new WebhookWorld(database.query, platform);
  const post = (path: string, body: object) => platform.call('POST', `${mlflow}/${path}`, body);

  beforeAll(() => world.open());
  afterAll(() => world.receiver.close());
  afterEach(() => world.clear());

  async function ended(id: string, count: number): Promise<Record<string, unknown>[]> {
    await expect.poll(() => world.ended(id)).toBe(count);
    return world.deliveries(id);
  }

  const event = ['registered_model.created'];
  const make = async (name: string) => {
    await post('registered-models/create', { name });
    await world.catchUp();
  };
  /** No attempt follows by itself, however long the test takes. */
  const notBefore = (response: ServerResponse, status: number): ServerResponse =>
    response.writeHead(status, { 'retry-after': '3600' });
  const due = () =>
    database.query(`update registry.webhook_delivery set next_attempt_at = now() where state = 'waiting'`);

  it('signed both ways, under the same id in each attempt', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    world.receiver.answer = (response) =>
      world.receiver.received.length === 1 ? notBefore(response, 503).end() : response.writeHead(204).end();
    const id = await world.listen(event, { secret });
    await make('signed');
    await expect.poll(() => world.receiver.received.length).toBe(1);
    await expect.poll(async () => (await world.deliveries(id))[0]?.['responseStatus']).toBe(503);
    await due();
    expect(await ended(id, 1)).toMatchObject([{ state: 'delivered', attempts: 2, responseStatus: 204 }]);
    const [first, second] = world.receiver.received;
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    expect(first?.body).toBe(second?.body);
    for (const { headers, body } of world.receiver.received) {
      expect(headers['x-mlflow-delivery-id']).toBe(headers['webhook-id']);
      const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const sign = (key: string | Buffer) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
      expect(headers['x-mlflow-signature']).toBe(sign(secret));
      expect(headers['webhook-signature']).toBe(sign(Buffer.from(secret.slice(6), 'base64')));
    }
  });

  it('until no attempt is left, then again when asked', async () => {
    world.receiver.answer = (response) => notBefore(response, 500).end(`broken ${world.receiver.received.length}`);
    const id = await world.listen(event);
    await make('broken');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await expect.poll(() => world.receiver.received.length).toBe(attempt);
      await expect.poll(async () => (await world.deliveries(id))[0]?.['responseBody']).toBe(`broken ${attempt}`);
      await due();
    }
    const [failed] = await ended(id, 1);
    expect(failed).toMatchObject({ state: 'failed', attempts: 3, responseStatus: 500, nextAttemptAt: null });
    world.receiver.answer = (response) => response.end('thanks');
    const replay = await platform.call('POST', `${ownPath}/${id}/deliveries/${String(failed?.['id'])}/replay`);
    expect(replay).toMatchObject({ status: 201, body: { replayOf: failed?.['id'], attempts: 0 } });
    expect(replay.headers['assay-audit-id']).toBeTruthy();
    const [again] = await ended(id, 2);
    expect(again).toMatchObject({ id: replay.body.id, state: 'delivered', body: failed?.['body'] });
    expect(world.receiver.received).toHaveLength(4);
  });

  it('not again after a refusal or a redirect', async () => {
    world.receiver.answer = (response) => response.writeHead(410).end();
    const id = await world.listen(event);
    await make('gone');
    expect(await ended(id, 1)).toMatchObject([{ state: 'failed', attempts: 1, responseStatus: 410 }]);
  });

  it('later, when the receiver asks for that', async () => {
    world.receiver.answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end();
    const id = await world.listen(event);
    await make('busy');
    await expect.poll(async () => (await world.deliveries(id))[0]?.['responseStatus']).toBe(429);
    const [waiting] = await world.deliveries(id);
    const wait = Date.parse(String(waiting?.['nextAttemptAt'])) - Date.now();
    expect(wait).toBeGreaterThan(3_000_000);
    expect(wait).toBeLessThan(4_000_000);
    expect(await platform.call('POST', `${ownPath}/${id}/deliveries/${String(waiting?.['id'])}/replay`)).toMatchObject({
      status: 409,
    });
  });

  it('by whoever looks next, when the process that had taken them died', async () => {
    const id = await world.listen(event, { status: 'DISABLED' });
    await database.query(
      `insert into registry.webhook_delivery (id, webhook_id, event_id, part, event, body, state, attempts, next_attempt_at, created_at)
         values ('d-cut', $1, 'e1', 0, 'registered_model.created', '{}', 'waiting', 1, now() + interval '1 hour', now()),
                ('d-last', $1, 'e2', 0, 'registered_model.created', '{}', 'waiting', 3, now() - interval '1 second', now())`,
      [id],
    );
    await platform.call('PATCH', `${ownPath}/${id}`, { status: 'ACTIVE' });
    expect(world.receiver.received).toEqual([]);
    await database.query(`update registry.webhook_delivery set next_attempt_at = now() where id = 'd-cut'`);
    await expect
      .poll(async () => (await world.deliveries(id)).find((one) => one['id'] === 'd-cut'))
      .toMatchObject({ state: 'delivered', attempts: 2 });
    expect(world.receiver.received).toHaveLength(1); // the other has no attempt left
  });

  it('to the others while one never answers', async () => {
    const slow = await new Receiver().listen();
    slow.answer = () => undefined;
    await world.listen(event, { url: slow.url });
    const quick = await world.listen(event);
    for (const name of ['q1', 'q2', 'q3', 'q4', 'q5', 'q6']) await post('registered-models/create', { name });
    await world.catchUp();
    await ended(quick, 6);
    expect(slow.received.length).toBeLessThanOrEqual(4);
    await slow.close();
  });

  it('are given up when their webhook is deleted, and its secret is gone', async () => {
    const id = await world.listen(['registered_model.created'], { secret: 'a secret of mine', status: 'DISABLED' });
    await database.query(
      `insert into registry.webhook_delivery (id, webhook_id, event_id, part, event, body, state, attempts, next_attempt_at, created_at)
       values ('d-del', $1, 'e3', 0, 'registered_model.created', '{}', 'waiting', 0, now(), now())`,
      [id],
    );
    const [stored] = await database.query('select secret from registry.webhook where id = $1', [id]);
    expect(stored?.['secret']).toBeInstanceOf(Buffer);
    expect(String(stored?.['secret'])).not.toContain('a secret of mine');
    expect((await platform.call('DELETE', `${ownPath}/${id}`)).status).toBe(204);
    const [left] = await database.query('select secret from registry.webhook where id = $1', [id]);
    expect(left).toEqual({ secret: null });
    const [delivery] = await database.query(`select state, error from registry.webhook_delivery where id = 'd-del'`);
    expect(delivery).toEqual({ state: 'failed', error: 'the webhook was deleted' });
    const [secrets] = await database.query(
      `select count(*)::int as n from audit.inbox where record::text || personal::text like '%a secret of mine%'`,
    );
    expect(secrets).toEqual({ n: 0 });
  });
});

describe('deliveries of webhooks by several processes', () => {
  const database = testDatabase();
  const start = () =>
    testPlatform(database, {
      modules: [ArtifactsModule, RegistryModule],
      services: ['registry'],
      environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
    });
  const one = start();
  const other = start();
  const world = new WebhookWorld(database.query, one);

  beforeAll(() => world.open());
  afterAll(() => world.receiver.close());

  it('are made once each, though both follow the log and both deliver', async () => {
    const ids = [];
    for (let made = 0; made < 5; made += 1) ids.push(await world.listen(['registered_model.created']));
    for (let made = 0; made < 12; made += 1)
      await other.call('POST', `${mlflow}/registered-models/create`, { name: `shared-${made}` });
    await world.catchUp();
    for (const id of ids) await expect.poll(() => world.ended(id)).toBe(12);
    const sent = world.receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(sent).toHaveLength(60);
    expect(new Set(sent).size).toBe(60);
  });
});
