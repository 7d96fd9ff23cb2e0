import { knownMigrations } from '@assay/migrations/known';
import { actorNamed, type TestDatabase, testDatabase, testPlatform } from '@assay/testing';
import type { Actor } from '@assay/contracts';
import { Controller, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AuditClient } from '../audit-client/index.js';
import { type Database, InjectDatabase } from '../database/index.js';
import { AppError, Caller, Endpoint, Input, StatusModule } from './index.js';

const greet = z.object({ name: z.string().min(2), times: z.coerce.number().int().default(1) });
const greeting = z.object({ text: z.string() });

@Controller()
class GreetingController {
  constructor(
    private readonly audit: AuditClient,
    @InjectDatabase('registry') private readonly database: Database,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/greetings/:name',
    permission: 'registry:read',
    summary: 'Greets',
    request: greet,
    response: greeting,
  })
  get(@Input() input: z.infer<typeof greet>, @Caller() actor: Actor): { text: string; secret: string } {
    return { text: `${actor.name} greets ${input.name} ${input.times}`, secret: 'not declared' };
  }

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/greetings/create',
    permission: 'registry:write',
    summary: 'Records a greeting',
    request: greet,
    response: greeting,
  })
  async create(@Input() input: z.infer<typeof greet>, @Caller() actor: Actor): Promise<{ text: string }> {
    if (input.name === 'nobody') throw new AppError('RESOURCE_DOES_NOT_EXIST', 'Nobody is here.');
    await this.database.transaction((tx) =>
      this.audit.record(tx, actor, {
        action: 'test.greeting.created.v1',
        target: { type: 'greeting', id: input.name },
        covers: [],
      }),
    );
    return { text: input.name };
  }

  @Endpoint({ method: 'POST', path: '/api/v1/faults', permission: 'access:admin', summary: 'Fails' })
  fail(): never {
    throw new Error('a secret detail');
  }
}

@Module({ controllers: [GreetingController] })
class GreetingModule {}

describe('HTTP', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [GreetingModule, StatusModule.knowing(knownMigrations())],
    services: ['registry'],
  });

  it('parses query and path by one schema and answers only what is declared', async () => {
    const answer = await platform.call('GET', '/api/v1/greetings/ada?times=3');
    expect(answer).toMatchObject({ status: 200, body: { text: 'local greets ada 3' } });
    expect(answer.body).not.toHaveProperty('secret');
  });

  it('serves MLflow routes under their mirror, with the record id of the change', async () => {
    const answer = await platform.call('POST', '/ajax-api/2.0/mlflow/greetings/create', { name: 'ada' });
    expect(answer.status).toBe(200);
    const [record] = await database.query(
      `select id from audit.inbox where record ->> 'action' = 'test.greeting.created.v1'`,
    );
    expect(answer.headers['assay-audit-id']).toBe(record?.id);
  });

  it('speaks of bad input as MLflow does on its paths, and as problem details on ours', async () => {
    const mlflow = await platform.call('POST', '/api/2.0/mlflow/greetings/create', {});
    expect(mlflow).toMatchObject({
      status: 400,
      body: {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining("Missing value for required parameter 'name'"),
      },
    });
    const ours = await platform.call('GET', '/api/v1/greetings/a');
    expect(ours).toMatchObject({
      status: 400,
      body: { code: 'INVALID_PARAMETER_VALUE', status: 400, requestId: expect.any(String) },
    });
  });

  it.each([
    ['malformed JSON', '{"name": ', 400],
    ['a NUL character', '{"name": "a\\u0000b"}', 400],
    ['deep nesting', `{"name": ${'['.repeat(100)}${']'.repeat(100)}}`, 400],
    ['deep nesting behind quotes', JSON.stringify(`{"name": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 400],
    ['an array', '[1]', 400],
    ['null', 'null', 400],
    ['half of a surrogate pair', String.raw`{"name": "\ud800"}`, 400],
    ['bytes that are no UTF-8', Buffer.from('{"name": "\xff\xfe"}', 'latin1'), 400],
  ])('refuses %s', async (_, body, status) => {
    const answer = await platform.call('POST', '/api/2.0/mlflow/greetings/create', body, undefined, {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(/\.$/);
  });

  it('refuses another content type, an unknown route, a wrong method, a foreign host and a foreign page', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(
      (await platform.call('POST', '/api/2.0/mlflow/greetings/create', 'a=b', undefined, form)).body.message,
    ).toContain('Content-Type');
    expect(
      await platform.call('POST', '/api/2.0/mlflow/greetings/create', 'a=b', undefined, { 'content-type': 'nonsense' }),
    ).toMatchObject({ status: 400, body: { message: expect.stringContaining('Content-Type') } });
    expect((await platform.call('GET', '/api/v1/nothing')).body.code).toBe('ENDPOINT_NOT_FOUND');
    expect((await platform.call('DELETE', '/api/v1/greetings/ada')).status).toBe(405);
    expect(
      (await platform.call('GET', '/api/v1/greetings/ada', undefined, undefined, { host: 'evil.example' })).status,
    ).toBe(403);
    expect(
      (await platform.call('GET', '/api/v1/greetings/ada', undefined, undefined, { origin: 'https://evil.example' }))
        .status,
    ).toBe(403);
  });

  it('records a call that its caller may not make, and tells nothing of a fault', async () => {
    const refused = await platform.call('POST', '/api/v1/faults');
    expect(refused.status).toBe(403);
    const [record] = await database.query(`select record from audit.inbox where record ->> 'outcome' = 'refused'`);
    expect(record).toBeDefined();
    actorNamed('root', { permissions: ['access:admin'] });
    const failed = await platform.call('POST', '/api/v1/faults', undefined, 'root');
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toContain('secret detail');
  });

  it('asks an unknown caller for a token', async () => {
    const answer = await platform.call('GET', '/api/v1/greetings/ada', undefined, 'stranger');
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringContaining('Basic') } });
  });

  it('documents every endpoint in OpenAPI 3.1', async () => {
    const { body } = await platform.call('GET', '/api/v1/openapi.json');
    expect(body.paths['/api/v1/greetings/{name}'].get.parameters).toMatchObject([
      { name: 'name', in: 'path' },
      { name: 'times', in: 'query', required: false },
    ]);
    expect((await platform.call('GET', '/docs')).status).toBe(200);
  });

  it('tells whether its databases answer, its settings, and how long its routes take', async () => {
    expect(await platform.call('GET', '/health')).toMatchObject({
      status: 200,
      body: 'OK',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
    expect((await platform.call('GET', '/ready')).body).toEqual({ services: ['registry'] });
    expect((await platform.call('GET', '/api/v1/config')).body.settings).toContainEqual(
      expect.objectContaining({ name: 'ASSAY_TESTING', value: 'true' }),
    );
    expect((await platform.call('GET', '/metrics')).body).toContain(
      'assay_http_request_seconds_count{method="GET",route="/ready",status="200"} 1',
    );
  });
});

describe('a service whose database was brought to a newer version', () => {
  const database = testDatabase();
  const modules = [StatusModule.knowing(knownMigrations())];
  const platform = testPlatform(database, { modules, services: ['registry', 'runner', 'drift', 'audit'] });

  it('is not ready from then on, and says why', async () => {
    expect((await platform.call('GET', '/ready')).status).toBe(200);
    await database.query(`insert into drift.migrations (timestamp, name) values (9999999999999, 'OfNextYear')`);
    const answer = await platform.call('GET', '/ready');
    expect(answer).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('newer version (OfNextYear)') },
    });
    expect((await platform.call('GET', '/health')).status).toBe(200);
  });
});

describe('the address of a caller', () => {
  const forwarded = { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' };
  const refusedFrom = async (database: TestDatabase): Promise<unknown[]> =>
    (
      await database.query(
        `select personal ->> 'sourceAddress' as address from audit.inbox where record ->> 'outcome' = 'refused' order by id`,
      )
    ).map(({ address }) => address);

  describe('without a proxy in front', () => {
    const database = testDatabase();
    const platform = testPlatform(database, { modules: [GreetingModule], services: ['registry'] });

    it('is that of the connection, whatever a header says', async () => {
      expect((await platform.call('POST', '/api/v1/faults', undefined, undefined, forwarded)).status).toBe(403);
      expect(await refusedFrom(database)).toEqual(['127.0.0.1']);
    });
  });

  describe('behind one that is trusted', () => {
    const database = testDatabase();
    const platform = testPlatform(database, {
      modules: [GreetingModule],
      services: ['registry'],
      environment: { ASSAY_HTTP_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' },
    });

    it('is what that one says it was, and not what the caller made up before it', async () => {
      expect((await platform.call('POST', '/api/v1/faults', undefined, undefined, forwarded)).status).toBe(403);
      expect(await refusedFrom(database)).toEqual(['203.0.113.7']);
    });
  });
});
