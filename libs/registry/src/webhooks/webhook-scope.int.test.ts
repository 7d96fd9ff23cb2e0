import { createHmac } from 'node:crypto';
import { localPermissions } from '@assay/contracts';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { newId, acrossWorkspaces } from '@assay/platform/database';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { DeliverWebhooks } from './deliver-webhooks.js';
import type { Received } from './receiver.builder.js';
import { ownPath, WebhookWorld } from './webhook-world.builder.js';

const created = 'registered_model.created';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('what a webhook is told of', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
  });
  const world = new WebhookWorld(database.query, platform);
  const hidden = [{ pattern: 'hr-*', permissions: ['registry:read'], effect: 'deny' }] as const;
  const mallory = actorNamed('mallory', {
    permissions: localPermissions,
    modelGrants: hidden.map((grant) => ({ ...grant, permissions: [...grant.permissions] })),
  }).id;
  const ada = actorNamed('ada', { permissions: localPermissions }).id;
  let made = 0;

  beforeAll(async () => {
    await world.open();
    await deny('mallory');
  });
  afterAll(() => world.receiver.close());
  afterEach(() => world.clear());

  it('is no model that is denied to whoever made it, and of others what it names', async () => {
    const hers = await listen(mallory);
    const named = await listen(ada, { models: ['hr-*', 'credit'] });
    const all = await listen(ada);
    for (const name of ['hr-exits', 'credit', 'fraud']) await model(name);
    await world.catchUp();
    expect(await told(hers)).toEqual(['credit', 'fraud']);
    expect(await told(named)).toEqual(['credit', 'hr-exits']);
    expect(await told(all)).toEqual(['credit', 'fraud', 'hr-exits']);
  });

  it('is no model that is denied to somebody who changed it, until somebody else chooses where it goes', async () => {
    const id = await listen(ada);
    expect((await patch(id, { description: 'mine' }, mallory)).status).toBe(200);
    await model('hr-first');
    await patch(id, { description: 'ours' }, ada); // where it goes is still known to both
    await model('hr-second');
    await world.catchUp();
    expect(await told(id)).toEqual([]);
    await patch(id, { url: `${world.receiver.url}again` }, ada);
    await model('hr-third');
    await world.catchUp();
    expect(await told(id)).toEqual(['hr-third']);
  });

  it('is shown to nobody and sent again for nobody from whom the model is kept', async () => {
    const id = await listen(ada);
    await model('hr-shown');
    await world.catchUp();
    await expect.poll(() => world.ended(id)).toBe(1);
    const path = `${ownPath}/${id}/deliveries`;
    const [delivery] = await world.deliveries(id);
    expect((await platform.call('GET', path, undefined, mallory)).body.deliveries).toEqual([]);
    expect((await platform.call('POST', `${path}/${delivery?.['id']}/replay`, {}, mallory)).status).toBe(404);
  });

  it('is asked again before each attempt: what is denied by then is not sent', async () => {
    const id = await listen(actorNamed('carol', { permissions: localPermissions }).id);
    world.receiver.answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end();
    await model('hr-late');
    await world.catchUp();
    await expect.poll(async () => (await world.deliveries(id))[0]?.['responseStatus']).toBe(503);
    const sent = world.receiver.received.length;
    await deny('carol');
    await database.query(`update registry.webhook_delivery set next_attempt_at = now() where webhook_id = $1`, [id]);
    await expect.poll(() => world.ended(id)).toBe(1);
    expect(await world.deliveries(id)).toMatchObject([
      { state: 'failed', error: expect.stringContaining('not to be told') },
    ]);
    expect(world.receiver.received).toHaveLength(sent);
  });

  it('is signed by the secret of before as well for a day after a change, and at once by none that was taken away', async () => {
    const secrets = [
      'whsec_' + Buffer.alloc(24, 1).toString('base64'),
      'whsec_' + Buffer.alloc(24, 2).toString('base64'),
    ];
    const id = await listen(ada, { secret: secrets[0] });
    await patch(id, { secret: secrets[1] }, ada);
    const signatures = async (): Promise<number[]> => {
      const before = world.receiver.received.length;
      await model(`signed-${(made += 1)}`);
      await world.catchUp();
      await expect.poll(() => world.receiver.received.length).toBe(before + 1);
      const { headers, body } = lastReceived();
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const given = String(headers['webhook-signature'] ?? '')
        .split(' ')
        .filter(Boolean);
      return given.map((signature) =>
        secrets.findIndex((secret) => {
          const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
          return signature === `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
        }),
      );
    };
    expect(await signatures()).toEqual([1, 0]);
    await database.query(
      `begin; set local session_replication_role = replica; update registry.webhook set previous_until = now() where id = '${id}'; commit;`,
    );
    expect(await signatures()).toEqual([1]);
    await patch(id, { secret: '' }, ada);
    expect(await signatures()).toEqual([]);
  });

  it('ends when nothing has come through for days: it is switched off, with a record', async () => {
    const [broken, fresh, mended] = [await listen(ada), await listen(ada), await listen(ada)];
    const failed = (id: string, daysAgo: number, state = 'failed') =>
      database.query(
        `insert into registry.webhook_delivery (id, webhook_id, event_id, part, event, body, models, state, attempts, created_at, ended_at)
           values ($1, $2, $1, 0, '${created}', '{}', '[]', $4, 1, now(), now() - $3 * interval '1 day')`,
        [newId(), id, daysAgo, state],
      );
    await database.query(
      `begin; set local session_replication_role = replica; update registry.webhook set listens_from = now() - interval '20 days'; commit;`,
    );
    for (const id of [broken, mended]) await failed(id, 6);
    await failed(mended, 3, 'delivered');
    for (const id of [broken, fresh, mended]) await failed(id, 0.1);
    await platform.get(DeliverWebhooks).tidy();
    const status = async (id: string) => (await platform.call('GET', `${ownPath}/${id}`)).body.status;
    expect([await status(broken), await status(fresh), await status(mended)]).toEqual(['DISABLED', 'ACTIVE', 'ACTIVE']);
    const records = await database.query(
      `select record -> 'target' ->> 'id' as id from audit.inbox where record ->> 'action' = 'registry.webhook.switched-off.v1'`,
    );
    expect(records).toEqual([{ id: broken }]);
  });

  function lastReceived(): Received {
    const last = world.receiver.received.at(-1);
    if (last === undefined) throw new Error('nothing was received');
    return last;
  }

  async function listen(as: string, more: object = {}): Promise<string> {
    const body = { name: 'hook', url: world.receiver.url, events: [created], ...more };
    const answer = await platform.call('POST', ownPath, body, as);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  }

  function patch(id: string, change: object, as: string) {
    return platform.call('PATCH', `${ownPath}/${id}`, change, as);
  }

  async function model(name: string): Promise<void> {
    const answer = await platform.call('POST', '/api/2.0/mlflow/registered-models/create', { name });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  /** Names of the models in a webhook's log, by name. */
  async function told(id: string): Promise<string[]> {
    return (await world.deliveries(id)).map(({ body }) => JSON.parse(String(body)).data.name).toSorted();
  }

  async function deny(person: string): Promise<void> {
    await database.query(`begin; set local session_replication_role = replica;
      insert into access.model_grant (id, workspace, subject_kind, subject, name_pattern, permissions, effect, created_by, created_at)
        values ('${newId()}', 'default', 'person', '${person}', 'hr-*', '["registry:read"]', 'deny', 'root', now()); commit;`);
  }
});
