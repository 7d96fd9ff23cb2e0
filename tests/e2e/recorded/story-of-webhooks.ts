import type { TestDatabase } from '@assay/testing';
import { vi } from 'vitest';
import { Receiver } from '../../../libs/registry/src/webhooks/receiver.builder.js';
import type { Answer, StoryProbe } from './route-caller.js';

/** Max has the platform tell another system what happens, over MLflow's API and its own, and sends again what was sent once. */
export async function storyOfWebhooks(probe: StoryProbe, database: TestDatabase): Promise<void> {
  const receiver = await new Receiver().listen();
  try {
    await overMlflow(probe, receiver.url);
    const send = (
      route: `${'POST' | 'PATCH' | 'DELETE'} /api/v1/webhooks${string}`,
      body: object | undefined,
      params = {},
    ) => probe.send({ route, as: 'max', params, ...(body === undefined ? {} : { body }) });
    const { id } = await send('POST /api/v1/webhooks', {
      name: 'chat',
      url: receiver.url,
      events: ['registered_model.created', 'promotion.approved'],
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    });
    await send('PATCH /api/v1/webhooks/:id', { description: 'The chat of the risk team' }, { id });
    await send('POST /api/v1/webhooks/:id/test', { event: 'promotion.approved' }, { id });
    await probe.send({
      route: 'POST /api/2.0/mlflow/registered-models/create',
      as: 'eve',
      body: { name: 'announced' },
    });
    const delivery = await delivered(database, id);
    await send('POST /api/v1/webhooks/:id/deliveries/:delivery/replay', undefined, { id, delivery });
    await delivered(database, id); // the log rests before it is compared
    await send('DELETE /api/v1/webhooks/:id', undefined, { id });
  } finally {
    await receiver.close();
  }
}

async function overMlflow(probe: StoryProbe, url: string): Promise<void> {
  const mlflow = (
    route: `${'POST' | 'PATCH' | 'DELETE'} /api/2.0/mlflow/webhooks${string}`,
    body: object,
    params = {},
  ): Promise<Answer> => probe.send({ route, as: 'max', params, body });
  const events = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];
  const { webhook } = await mlflow('POST /api/2.0/mlflow/webhooks', { name: 'ci', url, events, secret: 'a secret' });
  const named = { webhook_id: webhook.webhook_id };
  await mlflow('PATCH /api/2.0/mlflow/webhooks/:webhook_id', { status: 'DISABLED' }, named);
  await mlflow('POST /api/2.0/mlflow/webhooks/:webhook_id/test', {}, named);
  await mlflow('DELETE /api/2.0/mlflow/webhooks/:webhook_id', {}, named);
}

/** Waits until the webhook has deliveries and all of them have gone out; answers the first. */
async function delivered(database: TestDatabase, webhook: string): Promise<string> {
  const first = await vi.waitUntil(
    async () => {
      const log = 'select id, state from registry.webhook_delivery where webhook_id = $1 order by id';
      const rows = await database.query(log, [webhook]);
      return rows.every(({ state }) => state === 'delivered') && rows[0];
    },
    { timeout: 60_000 },
  );
  return String(first['id']);
}
