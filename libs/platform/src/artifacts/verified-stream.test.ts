import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { verifiedStream } from './verified-stream.js';

const chunks = ['the first chunk, ', 'the second, ', 'the last'].map((text) => Buffer.from(text));
const digest = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');

describe('verifiedStream', () => {
  it('gives undamaged bytes as they are', async () => {
    expect(await buffer(verifiedStream(Readable.from(chunks), digest))).toEqual(Buffer.concat(chunks));
  });

  it('gives an empty blob', async () => {
    expect(await buffer(verifiedStream(Readable.from([]), createHash('sha256').digest('hex')))).toHaveLength(0);
  });

  it('fails before the last chunk when one byte differs', async () => {
    const damaged = [Buffer.from('The first chunk, '), ...chunks.slice(1)];
    const seen: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of verifiedStream(Readable.from(damaged), digest)) seen.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'INTERNAL_ERROR', details: { expected: digest } });
    expect(Buffer.concat(seen).toString()).not.toContain('the last');
  });

  it('passes on the error of the store', async () => {
    const failing = Readable.from(
      (function* () {
        yield Buffer.from('x');
        throw new Error('the store went away');
      })(),
    );
    await expect(buffer(verifiedStream(failing, digest))).rejects.toThrow('the store went away');
  });
});
