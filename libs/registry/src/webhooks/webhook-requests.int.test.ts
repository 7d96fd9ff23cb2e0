import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';

const mlflow = '/api/2.0/mlflow';
const url = 'http://127.0.0.1:9/hook';

describe('webhooks over MLflow’s API', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
  });

  it('can be created, read, changed and deleted; the secret is never answered', async () => {
    const events = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];
    const asked = { name: 'hook', url, events, secret: 'my secret', description: 'for the chat' };
    const made = await platform.call('POST', `${mlflow}/webhooks`, asked);
    const { webhook } = made.body;
    expect(webhook).toEqual({
      webhook_id: expect.any(String),
      name: 'hook',
      url,
      events,
      description: 'for the chat',
      status: 'ACTIVE',
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: webhook.creation_timestamp,
    });
    const path = `${mlflow}/webhooks/${webhook.webhook_id}`;
    expect((await platform.call('GET', path)).body).toEqual({ webhook });
    const wanted = {
      name: 'renamed',
      url: '',
      events: [{ entity: 4, action: '3' }],
      description: '',
      status: 'DISABLED',
    };
    const changed = await platform.call('PATCH', path, wanted);
    expect(changed.body.webhook).toMatchObject({
      name: 'renamed',
      url,
      status: 'DISABLED',
      events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' }],
    });
    expect(changed.body.webhook).not.toHaveProperty('description');
    expect((await platform.call('DELETE', path)).body).toEqual({});
    for (const method of ['GET', 'DELETE'] as const)
      expect(await platform.call(method, path)).toMatchObject({
        status: 404,
        body: {
          error_code: 'RESOURCE_DOES_NOT_EXIST',
          message: `Webhook with ID ${webhook.webhook_id} not found.`,
        },
      });
  });

  async function listen(events: readonly string[]): Promise<string> {
    const made = await platform.call('POST', '/api/v1/webhooks', { name: 'hook', url, events });
    return made.body.id;
  }

  it('come in pages, newest first', async () => {
    const ids = [];
    for (let made = 0; made < 3; made += 1) ids.unshift(await listen(['prompt.created']));
    const first = await platform.call('GET', `${mlflow}/webhooks?max_results=2`);
    expect(first.body.webhooks.map((each: { webhook_id: string }) => each.webhook_id)).toEqual(ids.slice(0, 2));
    const rest = await platform.call(
      'GET',
      `${mlflow}/webhooks?max_results=2&page_token=${first.body.next_page_token}`,
    );
    expect(rest.body.webhooks.map((each: { webhook_id: string }) => each.webhook_id)).toEqual(ids.slice(2));
    expect(rest.body).not.toHaveProperty('next_page_token');
    for (const query of ['max_results=1001', 'max_results=-1', 'page_token=nonsense'])
      expect((await platform.call('GET', `${mlflow}/webhooks?${query}`)).status).toBe(400);
  });

  it.each([
    [{ name: 'bad name' }, /^Webhook name 'bad name' is invalid\. It must start and end/],
    [{ name: 'x'.repeat(64) }, /^Webhook name/],
    [{ url: 'ftp://example.com' }, /^Invalid webhook URL scheme: 'ftp'\. Allowed schemes are: http, https\.$/],
    [{ url: 'https://' }, /must include a hostname/],
    [{ url: ' ' }, /cannot be empty or just whitespace/],
    [{ url: 'https://user:key@example.com/' }, /user name or password/],
    [{ url: 'https://example.com/#x' }, /fragment/],
    [{ events: [] }, /events/],
    [
      { events: [{ entity: 'MODEL_VERSION', action: 'SET' }] },
      /^Invalid action 'set' for entity 'model_version'\. Valid actions are: \['created'\]$/,
    ],
    [{ events: [{ entity: 'NOTHING', action: 'SET' }] }, /events\[0\]\.entity/],
    [{ status: 'OFF' }, /status/],
    [{ secret: 'whsec_short' }, /whsec_/],
  ])('refuse %j', async (wrong, message) => {
    const right = { name: 'hook', url, events: [{ entity: 'PROMPT', action: 'CREATED' }] };
    const refused = await platform.call('POST', `${mlflow}/webhooks`, { ...right, ...wrong });
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(refused.body.message).toMatch(message);
  });
});

describe('webhooks of an ordinary installation', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const create = (url: string) =>
    platform.call('POST', `${mlflow}/webhooks`, {
      name: 'hook',
      url,
      events: [{ entity: 'PROMPT', action: 'CREATED' }],
    });

  it.each([
    'http://1.1.1.1/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/latest/meta-data/',
    'https://169.254.169.254/latest/meta-data/',
    'https://2852039166/',
    'https://10.0.0.1/',
    'https://100.64.0.1/',
    'https://no-such-name.invalid/',
  ])('refuse %s', async (url) => {
    expect(await create(url)).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });

  it('take a public address by https, and refuse to move away from it', async () => {
    const made = await create('https://1.1.1.1/hook');
    expect(made.status).toBe(200);
    const path = `${mlflow}/webhooks/${made.body.webhook.webhook_id}`;
    expect((await platform.call('PATCH', path, { url: 'https://192.168.0.1/' })).status).toBe(400);
    expect((await platform.call('GET', path)).body.webhook.url).toBe('https://1.1.1.1/hook');
  });
});
