import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { DeliveryStore } from './delivery.store.js';
import { WebhookWorld } from './webhook-world.builder.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1', ASSAY_WEBHOOKS_DELIVER: '0' },
});
const world = new WebhookWorld(database.query, platform);

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(() => world.open());
afterAll(() => world.receiver.close());

it('gives a free slot to the webhook that has the fewest attempts under way, whatever waits for the others', async () => {
  const event = ['registered_model.created'];
  const slow = await world.listen(event);
  const make = async (name: string) => {
    await platform.call('POST', '/api/2.0/mlflow/registered-models/create', { name });
    await world.catchUp();
  };
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await make(name);
  const quick = await world.listen(event);
  await make('g');
  const claim = async (limit: number, running: readonly string[]) => {
    const order = { limit, perWebhook: 4, running, maxAttempts: 3, leaseMs: 60_000 };
    const registry = platform.get<Database>(databaseToken('registry'));
    const taken = await platform.get(DeliveryStore).claim(registry, order);
    return taken.map(({ webhookId }) => (webhookId === slow ? 'slow' : webhookId === quick ? 'quick' : 'other'));
  };
  expect(await claim(1, [slow, slow, slow])).toEqual(['quick']);
  expect(await claim(4, [slow, slow, slow, slow])).toEqual([]);
  expect(await claim(8, [slow])).toEqual(['slow', 'slow', 'slow']); // four at once, no more
});
