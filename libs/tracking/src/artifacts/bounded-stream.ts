import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { AppError } from '@assay/platform/http';

/** Passes bytes on, and fails as soon as there are more than allowed. */
export function boundedStream(body: Readable, mostBytes: number): Readable {
  let seen = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > mostBytes) done(tooLarge(mostBytes));
      else done(null, chunk);
    },
  });
  return pipeline(body, count, (error) => {
    if (error && !count.destroyed) count.destroy(error);
  });
}

export function tooLarge(mostBytes: number): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `The file is larger than the ${mostBytes} bytes that ASSAY_ARTIFACTS_MAX_BYTES allows.`,
  );
}
