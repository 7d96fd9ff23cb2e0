import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { blobDamaged } from './blob-errors.js';

/**
 * Checks a whole blob while it is read: the last chunk is held back until the digest of everything agrees, so a reader of
 * damaged bytes gets an error and a short answer, never a complete one.
 */
export function verifiedStream(body: Readable, sha256: string): Readable {
  const hash = createHash('sha256');
  let held: Buffer | null = null;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const ready = held;
      held = chunk;
      done(null, ready ?? undefined);
    },
    flush(done) {
      const found = hash.digest('hex');
      if (found !== sha256) done(blobDamaged(sha256, found));
      else done(null, held ?? undefined);
    },
  });
  return pipeline(body, check, (error) => {
    if (error && !check.destroyed) check.destroy(error);
  });
}
