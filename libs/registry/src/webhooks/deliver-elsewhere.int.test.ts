import { acrossWorkspaces } from '@assay/platform/database';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { ownPath, WebhookWorld } from './webhook-world.builder.js';

const database = testDatabase();
const process = (deliver: string) =>
  testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1', ASSAY_WEBHOOKS_DELIVER: deliver },
  });
const quiet = process('0');
const sender = process('1');
const world = new WebhookWorld(database.query, quiet);

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(() => world.open());
afterAll(() => world.receiver.close());

it('leaves deliveries to another process where it is told to send none', async () => {
  const id = await world.listen(['registered_model.created']);
  expect((await quiet.call('POST', `${ownPath}/${id}/test`, {})).body).toMatchObject({
    error: expect.stringContaining('this process sends no webhooks'),
  });
  expect(world.receiver.received).toEqual([]);
  const names = Array.from({ length: 12 }, (_, number) => `model-${number}`);
  for (const name of names) await sender.call('POST', '/api/2.0/mlflow/registered-models/create', { name });
  await world.catchUp();
  // Whatever the first process took would have ended as failed.
  await expect.poll(() => world.ended(id)).toBe(names.length);
  expect(new Set((await world.deliveries(id)).map(({ state }) => state))).toEqual(new Set(['delivered']));
});
