import { once } from 'node:events';
import { request } from 'node:http';
import type { Readable } from 'node:stream';
import { testDatabase, testPlatform } from '@assay/testing';
import { Controller, Module } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { closeApp } from './close-app.js';
import { Endpoint, RawRequest } from './index.js';

const arrived = Promise.withResolvers<void>();

@Controller()
class UploadController {
  @Endpoint({
    method: 'PUT',
    path: '/api/v1/uploads',
    permission: 'tracking:write',
    summary: 'Reads',
    streams: ['text/plain'],
  })
  async put(@RawRequest() { body }: { body: Readable } & FastifyRequest): Promise<void> {
    arrived.resolve();
    for await (const chunk of body) void chunk;
  }
}

@Module({ controllers: [UploadController] })
class UploadModule {}

const database = testDatabase();
const platform = testPlatform(database, { modules: [UploadModule], services: ['registry'] });

it('ends although a client never finishes its upload', async () => {
  await platform.app.listen(0, '127.0.0.1');
  const { port } = new URL(await platform.app.getUrl());
  const upload = request({
    port,
    host: '127.0.0.1',
    method: 'PUT',
    path: '/api/v1/uploads',
    headers: { 'content-type': 'text/plain' },
  });
  const cut = once(upload, 'error');
  upload.write('a beginning');
  await arrived.promise;
  await closeApp(platform.app, 200);
  await expect(cut).resolves.toMatchObject([{ code: 'ECONNRESET' }]);
});
