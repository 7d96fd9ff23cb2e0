import { ArtifactsModule } from '@assay/platform/artifacts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { systemActor } from '@assay/contracts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { ownPath, WebhookWorld } from './webhook-world.builder.js';

const mlflow = '/api/2.0/mlflow';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('what webhooks tell', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    environment: { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
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

  const bodies = () => world.receiver.received.map(({ body }) => JSON.parse(body));
  const version = (name: string) =>
    post('model-versions/create', { name, source: 's3://bucket/key', description: 'd' });

  describe('of MLflow’s events', () => {
    it('carry what MLflow’s own server sends, in its order', async () => {
      const id = await world.listen([
        'registered_model.created',
        'model_version.created',
        'model_version_tag.set',
        'model_version_tag.deleted',
        'model_version_alias.created',
        'model_version_alias.deleted',
      ]);
      await post('registered-models/create', {
        name: 'm',
        tags: [{ key: 'team', value: 'risk' }],
        description: 'first',
      });
      await version('m');
      await post('model-versions/set-tag', { name: 'm', version: '1', key: 'k', value: 'v' });
      await world.catchUp();
      await platform.call('DELETE', `${mlflow}/model-versions/delete-tag`, { name: 'm', version: '1', key: 'k' });
      await post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' });
      await platform.call('DELETE', `${mlflow}/registered-models/alias`, { name: 'm', alias: 'champion' });
      await post('registered-models/set-tag', { name: 'm', key: 'of', value: 'a model' });
      await world.catchUp();
      await ended(id, 6);
      const told = bodies().toSorted((a, b) => a.timestamp.localeCompare(b.timestamp));
      expect(told).toEqual([
        {
          entity: 'registered_model',
          action: 'created',
          timestamp: expect.any(String),
          data: { name: 'm', tags: { team: 'risk' }, description: 'first' },
        },
        {
          entity: 'model_version',
          action: 'created',
          timestamp: expect.any(String),
          data: { name: 'm', version: '1', source: 's3://bucket/key', run_id: null, tags: {}, description: 'd' },
        },
        {
          entity: 'model_version_tag',
          action: 'set',
          timestamp: expect.any(String),
          data: { name: 'm', version: '1', key: 'k', value: 'v' },
        },
        {
          entity: 'model_version_tag',
          action: 'deleted',
          timestamp: expect.any(String),
          data: { name: 'm', version: '1', key: 'k' },
        },
        {
          entity: 'model_version_alias',
          action: 'created',
          timestamp: expect.any(String),
          data: { name: 'm', alias: 'champion', version: '1' },
        },
        {
          entity: 'model_version_alias',
          action: 'deleted',
          timestamp: expect.any(String),
          data: { name: 'm', alias: 'champion' },
        },
      ]);
    });

    it('tell prompts from models', async () => {
      const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
      const id = await world.listen([
        'registered_model.created',
        'model_version.created',
        'prompt.created',
        'prompt_version.created',
        'prompt_tag.set',
        'prompt_tag.deleted',
        'prompt_version_tag.set',
        'prompt_alias.created',
      ]);
      await post('registered-models/create', { name: 'p', tags: [...prompt, { key: 'use', value: 'greet' }] });
      const text = { key: 'mlflow.prompt.text', value: 'Hello {{name}}' };
      const type = { key: '_mlflow_prompt_type', value: 'text' };
      const source = 'dummy-source';
      await post('model-versions/create', {
        name: 'p',
        source,
        tags: [...prompt, text, type, { key: 'by', value: 'ada' }],
      });
      await post('registered-models/set-tag', { name: 'p', key: 'a', value: 'b' });
      await post('model-versions/set-tag', { name: 'p', version: '1', key: 'c', value: 'd' });
      await post('registered-models/alias', { name: 'p', alias: 'live', version: '1' });
      await world.catchUp();
      await platform.call('DELETE', `${mlflow}/registered-models/delete-tag`, { name: 'p', key: 'a' });
      await world.catchUp();
      await ended(id, 6);
      const told = bodies()
        .toSorted((a, b) => a.timestamp.localeCompare(b.timestamp))
        .map(({ entity, action, data }) => ({ event: `${entity}.${action}`, data }));
      expect(told).toEqual([
        { event: 'prompt.created', data: { name: 'p', tags: { use: 'greet' }, description: '' } },
        {
          event: 'prompt_version.created',
          data: { name: 'p', version: '1', template: 'Hello {{name}}', tags: { by: 'ada' }, description: null },
        },
        { event: 'prompt_tag.set', data: { name: 'p', key: 'a', value: 'b' } },
        { event: 'prompt_version_tag.set', data: { name: 'p', version: '1', key: 'c', value: 'd' } },
        { event: 'prompt_alias.created', data: { name: 'p', alias: 'live', version: '1' } },
        { event: 'prompt_tag.deleted', data: { name: 'p', key: 'a' } },
      ]);
    });
  });

  describe('of the platform’s own events', () => {
    it('tell of stages, moves, promotions, drift and retraining, with the record that can be asked for more', async () => {
      const id = await world.listen([
        'model_version_stage.changed',
        'pointer.moved',
        'promotion.approved',
        'drift_alert.opened',
        'retraining.submitted',
        'job.submitted',
      ]);
      await post('registered-models/create', { name: 's' });
      await version('s');
      const stage = { name: 's', version: '1', stage: 'Staging', archive_existing_versions: true };
      await post('model-versions/transition-stage', stage);
      await post('registered-models/alias', { name: 's', alias: 'champion', version: '1' });
      await happen('registry.promotion.approved.v1', { request: 'r1' });
      await happen('drift.alert.opened.v1', { monitor: 'mo', model: 's' });
      await happen('runner.job.submitted.v1', { job: 'j1' });
      await happen('runner.job.submitted.v1', { job: 'j2', trigger: 't1' });
      await world.catchUp();
      await ended(id, 8);
      const told = bodies().toSorted((a, b) => a.record.index - b.record.index || a.type.localeCompare(b.type));
      expect(told.map(({ type }) => type)).toEqual([
        'model_version_stage.changed',
        'pointer.moved',
        'pointer.moved',
        'promotion.approved',
        'drift_alert.opened',
        'job.submitted',
        'job.submitted',
        'retraining.submitted',
      ]);
      expect(told[0]).toMatchObject({
        entity: 'model_version_stage',
        action: 'changed',
        workspace: 'default',
        actor: { id: 'local', kind: 'local' },
        record: { id: expect.any(String), action: 'registry.version.stage-changed.v1' },
        data: { model: 's', target: { version: '1' }, before: { stage: 'None' }, after: { stage: 'Staging' } },
      });
      expect(told[1].data).toMatchObject({ model: 's', pointer: 'stage:Staging', from: null, to: '1' });
      expect(told[2].data).toMatchObject({ model: 's', pointer: 'champion', from: null, to: '1', via: 'alias' });
      expect(told[4].data).toMatchObject({ model: 's', links: { monitor: 'mo' } });
      expect(told[7].data.links).toMatchObject({ job: 'j2', trigger: 't1' });
    });

    async function happen(action: `${string}.${string}.v1`, links: Record<string, string>): Promise<void> {
      const registry = platform.get<Database>(databaseToken('registry'));
      await registry.transaction((tx) =>
        platform
          .get(AuditClient)
          .record(tx, systemActor, { action, target: { type: 'thing', id: 'x' }, covers: [], links }),
      );
    }

    it('are nothing that MLflow’s clients see or lose', async () => {
      const mixed = await world.listen(['model_version.created', 'promotion.approved']);
      const foreign = await world.listen(['promotion.approved']);
      const { body } = await platform.call('GET', `${mlflow}/webhooks`);
      expect(body.webhooks).toHaveLength(1);
      expect(body.webhooks[0]).toMatchObject({
        webhook_id: mixed,
        events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
      });
      for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
        const answer = await platform.call(method, `${mlflow}/webhooks/${foreign}`, method === 'GET' ? undefined : {});
        expect(answer).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } });
      }
      const events = [{ entity: 'PROMPT', action: 'CREATED' }];
      await platform.call('PATCH', `${mlflow}/webhooks/${mixed}`, { events });
      const { body: kept } = await platform.call('GET', `${ownPath}/${mixed}`);
      expect(kept.events).toEqual(['prompt.created', 'promotion.approved']);
    });
  });

  describe('reach', () => {
    it('each webhook that listens, once, however often the log is read', async () => {
      const first = await world.listen(['registered_model.created']);
      const second = await world.listen(['registered_model.created', 'pointer.moved']);
      const off = await world.listen(['registered_model.created'], { status: 'DISABLED' });
      const deaf = await world.listen(['promotion.approved']);
      await post('registered-models/create', { name: 'once' });
      await world.catchUp();
      await database.query('update registry.event_cursor set next_index = 0');
      await world.catchUp();
      for (const id of [first, second]) expect(await ended(id, 1)).toHaveLength(1);
      for (const id of [off, deaf]) expect(await world.deliveries(id)).toEqual([]);
      expect(world.receiver.received).toHaveLength(2);
    });

    it('no webhook with what happened while it was switched off', async () => {
      const id = await world.listen(['registered_model.created'], { status: 'DISABLED' });
      await post('registered-models/create', { name: 'unheard' });
      await platform.call('PATCH', `${ownPath}/${id}`, { status: 'ACTIVE' });
      await post('registered-models/create', { name: 'heard' });
      await world.catchUp();
      await ended(id, 1);
      expect(bodies().map(({ data }) => data.name)).toEqual(['heard']);
    });

    it('no webhook with what happened before it was made, or in another workspace', async () => {
      await post('registered-models/create', { name: 'before' });
      actorNamed('elsewhere', { workspace: 'other' });
      const id = await world.listen(['registered_model.created']);
      await platform.call('POST', `${mlflow}/registered-models/create`, { name: 'foreign' }, 'elsewhere');
      expect((await platform.call('GET', `${ownPath}/${id}`, undefined, 'elsewhere')).status).toBe(404);
      await world.catchUp();
      expect(await world.deliveries(id)).toEqual([]);
    });
  });

  it('are tested with an example, also while switched off', async () => {
    const id = await world.listen(['model_version_alias.created', 'promotion.applied'], { status: 'DISABLED' });
    const tested = await platform.call('POST', `${mlflow}/webhooks/${id}/test`, {});
    expect(tested.body).toEqual({ result: { success: true, response_status: 200, response_body: 'thanks' } });
    world.receiver.answer = (response) => response.writeHead(500).end();
    const applied = await platform.call('POST', `${ownPath}/${id}/test`, { event: 'promotion.applied' });
    expect(applied.body).toEqual({ success: false, responseStatus: 500, responseBody: '', error: null });
    expect(bodies().map(({ entity, action }) => `${entity}.${action}`)).toEqual([
      'model_version_alias.created',
      'promotion.applied',
    ]);
    expect(await world.deliveries(id)).toEqual([]);
  });
});
