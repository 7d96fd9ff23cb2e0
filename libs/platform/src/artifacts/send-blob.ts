import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { blobDamaged } from './blob-errors.js';
import { giveBack } from './give-back.js';

const logger = new Logger('sendBlob');

/**
 * Sends bytes as the answer, at the pace at which the caller takes them: one chunk is read while the one before is on its way, and no more.
 * Whole files are checked against their SHA-256: the last chunk is held back until it agrees, so a reader of damaged bytes gets a short
 * answer and a closed connection, never a complete one. It writes to the socket itself, because a pipe would say neither when a chunk has
 * left nor give its memory back: that is a third of the CPU time of a download, and all of its memory.
 */
export async function sendBlob(reply: FastifyReply, body: Readable, sha256: string | null): Promise<void> {
  reply.header('x-request-id', reply.request.id).header('x-content-type-options', 'nosniff').hijack();
  const { raw } = reply;
  // A caller who goes away leaves the chunk on its way without an answer.
  let giveUp: (reason: Error) => void = () => undefined;
  raw.once('close', () => giveUp(new Error('the caller went away')));
  const write = async (chunk: Uint8Array): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      giveUp = reject;
      raw.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    giveBack([chunk]);
  };
  const hash = sha256 === null ? null : createHash('sha256');
  let sending = Promise.resolve();
  let held: Uint8Array | null = null;
  try {
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
    raw.statusCode = reply.statusCode;
    for await (const chunk of body) {
      const bytes: Uint8Array = chunk;
      hash?.update(bytes);
      await sending;
      if (held !== null) sending = write(held);
      sending.catch(leaveToAwait);
      held = bytes;
    }
    await sending;
    const found = hash?.digest('hex');
    if (sha256 !== null && found !== undefined && found !== sha256) throw blobDamaged(sha256, found);
    raw.end(held ?? undefined);
  } catch (error) {
    const left = raw.destroyed;
    raw.destroy();
    body.destroy();
    // A caller who went away is no fault.
    if (!left) logger.error(error instanceof Error ? error.message : String(error));
  }
}

/** A failed write is told where it is waited for, a chunk later. */
function leaveToAwait(): undefined {
  return undefined;
}
