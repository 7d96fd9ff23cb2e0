import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { migrate } from '@assay/migrations';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@assay/platform/database';
import { seededRandom } from '@assay/pure/ml';
import { testPasswords } from '@assay/testing';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Receiver } from '../../libs/registry/src/webhooks/receiver.builder.js';
import { sequenceInbox } from '../../libs/registry/src/webhooks/sequence-inbox.builder.js';
import { RegistryProcess } from './log-storm/registry-process.js';

const kills = Number(process.env['ASSAY_TEST_KILLS'] ?? 4);
const seed = Number(process.env['ASSAY_TEST_SEED'] ?? 20_261_122);
const webhooks = 4;
const events = 60;

let folder: string;
let postgres: EmbeddedPostgres;
let registry: RegistryProcess;
let receiver: Receiver;
let client: pg.Client;

beforeEach(async () => {
  folder = mkdtempSync(join('/var/tmp', 'assay-webhook-storm-'));
  // As root Postgres runs as another user: what it can't reach is kept elsewhere, and would be left behind.
  chmodSync(folder, 0o711);
  postgres = await startEmbeddedPostgres({ dataDir: folder });
  await migrate(postgres.url, testPasswords);
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const login = new URL(postgres.url);
  login.username = 'registry_svc';
  login.password = testPasswords.registry;
  registry = await RegistryProcess.at(login.href, join(folder, 'registry'), {
    ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1',
    ASSAY_WEBHOOKS_TIMEOUT_SECONDS: '1',
    ASSAY_WEBHOOKS_MAX_ATTEMPTS: '20',
  });
  receiver = await new Receiver().listen();
  await registry.start();
});
afterEach(async () => {
  await registry.kill();
  await receiver.close();
  await client.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

it(`loses no delivery and makes none up when the server is killed ${kills} times while it sends`, async () => {
  const random = seededRandom(seed);
  // Some answers come late, some not at all, some say "later": the kills hit attempts in each of these states.
  receiver.answer = (response) => {
    const luck = random.next();
    if (luck < 0.1) response.writeHead(503).end();
    else if (luck < 0.95) setTimeout(() => response.end('thanks'), random.next() * 150);
  };
  for (let made = 0; made < webhooks; made += 1)
    await post('/api/v1/webhooks', {
      name: `w${made}`,
      url: receiver.url,
      events: ['registered_model.created'],
      secret: `secret ${made}`,
    });
  for (let made = 0; made < events; made += 1)
    await post('/api/2.0/mlflow/registered-models/create', { name: `m${made}` });
  let enough = 5 + random.next() * 20;
  expect(await sequenceInbox(async (sql, values) => (await client.query(sql, values)).rows)).toBeGreaterThanOrEqual(
    webhooks + events,
  );

  for (let killed = 0; killed < kills; killed += 1) {
    await expect.poll(() => receiver.received.length, { interval: 5 }).toBeGreaterThanOrEqual(enough);
    await registry.kill();
    enough = receiver.received.length + 5 + random.next() * 20; // what it sends while it starts counts, so that some are left for each kill
    await registry.start();
  }
  // What an attempt was cut off from is taken up again when its lease is over, after 31 s; longer waits, for retries, are cut short.
  while ((await states()).waiting > 0) {
    await client.query(
      `update registry.webhook_delivery set next_attempt_at = now() where state = 'waiting' and next_attempt_at > now() + interval '32 seconds'`,
    );
    await wait(200);
  }
  expect(await states()).toEqual({ waiting: 0, delivered: webhooks * events, failed: 0 });
  const { rows } = await client.query<{ id: string; body: string }>('select id, body from registry.webhook_delivery');
  const sent = Map.groupBy(receiver.received, ({ headers }) => String(headers['webhook-id']));
  expect([...sent.keys()].toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  for (const { id, body } of rows) expect(new Set(sent.get(id)?.map((got) => got.body))).toEqual(new Set([body]));
  process.stdout.write(
    `${rows.length} deliveries in ${receiver.received.length} attempts, ${kills} kills (seed ${seed})\n`,
  );
});

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(`${registry.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

async function states(): Promise<{ waiting: number; delivered: number; failed: number }> {
  const count = (state: string): string => `count(*) filter (where state = '${state}')::int as ${state}`;
  const { rows } = await client.query<{ waiting: number; delivered: number; failed: number }>(
    `select ${['waiting', 'delivered', 'failed'].map(count).join(', ')} from registry.webhook_delivery`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was counted');
  return row;
}
