import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { Controller, Module } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { type Database, InjectDatabase, type Statement } from '../database/index.js';
import { Endpoint, RawReply } from './index.js';

const pages = 10;
/** A connection takes a few of them before it asks the answer to wait. */
const page: Statement = {
  name: 'test-page-of-workspace',
  text: `select rpad(current_setting('assay.workspace'), 40000, '.') || chr(10) as text`,
};

@Controller()
class PagesController {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/pages',
    permission: 'registry:read',
    summary: 'Pages, each read when it is asked for',
    produces: 'text/plain',
  })
  async pages(@RawReply() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', 'text/plain').send(Readable.from(this.read()));
  }

  private async *read(): AsyncGenerator<string> {
    for (let at = 0; at < pages; at += 1)
      yield (await this.database.run<{ text: string }>(page)).map(({ text }) => text).join('');
  }
}

@Module({ controllers: [PagesController] })
class PagesModule {}

describe('streamed answers to requests that were sent one behind the other on one connection', () => {
  const platform = testPlatform(testDatabase(), { modules: [PagesModule], services: ['registry'] });

  it('are each read as the request that they answer, in its workspace', async () => {
    const workspaces = ['ours', 'theirs', 'ours', 'next-door'];
    for (const workspace of workspaces) actorNamed(`of-${workspace}`, { workspace });
    await platform.app.listen(0, '127.0.0.1');
    const socket = connect(Number(new URL(await platform.app.getUrl()).port), '127.0.0.1');
    const requests = workspaces.map((workspace, place) => {
      const last = place === workspaces.length - 1 ? 'connection: close\r\n' : '';
      return `GET /api/v1/pages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer of-${workspace}\r\n${last}\r\n`;
    });
    socket.write(requests.join(''));
    const answers: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => answers.push(bytes));
    await once(socket, 'close');
    const told = Buffer.concat(answers)
      .toString()
      .match(/HTTP\/1\.1 \d+|[a-z-]+(?=\.{100})/g);
    expect(told).toEqual(workspaces.flatMap((each) => ['HTTP/1.1 200', ...Array.from({ length: pages }, () => each)]));
  });
});
