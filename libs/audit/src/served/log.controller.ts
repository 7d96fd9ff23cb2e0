import { consistencyRequest, consistencyResponse, auditKeysResponse } from '@assay/contracts';
import { Endpoint, Input, RawReply } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { LogTiles } from './log-tiles.js';

const tileRequest = z
  .object({ path: z.string().max(200).describe('Level, index and width of the tile') })
  .meta({ id: 'LogTileRequest' });
const immutable = 'public, max-age=31536000, immutable';

/** The log in its public form (C2SP tlog-tiles): files that never change once full, except the checkpoint. */
@Controller()
export class LogController {
  constructor(private readonly log: LogTiles) {}

  @Endpoint({
    method: 'GET',
    path: '/log/checkpoint',
    permission: 'public',
    summary: 'The newest signed checkpoint of the audit log',
    produces: 'text/plain',
  })
  async checkpoint(@RawReply() reply: FastifyReply): Promise<void> {
    const { note } = await this.log.checkpoint();
    await reply.header('content-type', 'text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
  }

  @Endpoint({
    method: 'GET',
    path: '/log/tile/entries/*',
    permission: 'audit:read-all',
    summary: 'An entry bundle of the audit log: records exactly as hashed',
    request: tileRequest,
    produces: 'application/octet-stream',
  })
  async entries(@Input() input: z.infer<typeof tileRequest>, @RawReply() reply: FastifyReply): Promise<void> {
    await sendBytes(reply, await this.log.resource(`entries/${input.path}`), 'private, max-age=31536000, immutable');
  }

  @Endpoint({
    method: 'GET',
    path: '/log/tile/*',
    permission: 'public',
    summary: 'A tile of the Merkle tree of the audit log',
    request: tileRequest,
    produces: 'application/octet-stream',
  })
  async tile(@Input() input: z.infer<typeof tileRequest>, @RawReply() reply: FastifyReply): Promise<void> {
    await sendBytes(reply, await this.log.resource(hashTile(input.path)), immutable);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/consistency',
    permission: 'audit:read',
    summary: 'The proof that a log only grew between two sizes',
    request: consistencyRequest,
    response: consistencyResponse,
  })
  async consistency(
    @Input() { from, to }: z.infer<typeof consistencyRequest>,
  ): Promise<z.infer<typeof consistencyResponse>> {
    return { from, to, ...(await this.log.consistency(from, to)) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/keys',
    permission: 'public',
    summary: 'The keys under which the audit log signs',
    response: auditKeysResponse,
  })
  async keys(): Promise<z.infer<typeof auditKeysResponse>> {
    const keys = await this.log.keys();
    return {
      origin: keys[0]?.origin ?? '',
      keys: keys.map(({ verifierKey, addedAt, retiredAt }) => ({
        verifierKey,
        addedAt: addedAt.toISOString(),
        retiredAt: retiredAt?.toISOString() ?? null,
      })),
    };
  }
}

/** Entry bundles have a route of their own, with another permission: they are never reached through this one. */
function hashTile(path: string): string {
  return path.startsWith('entries') ? '' : path;
}

async function sendBytes(reply: FastifyReply, bytes: Uint8Array, cacheControl: string): Promise<void> {
  await reply
    .header('content-type', 'application/octet-stream')
    .header('cache-control', cacheControl)
    .send(Buffer.from(bytes));
}
