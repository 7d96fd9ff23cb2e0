import { Readable } from 'node:stream';

/** An answer ready to be sent: whole while it is one piece, else a stream. What fails in its first pieces is told by status. */
export async function sendable(json: AsyncGenerator<Buffer>): Promise<Buffer | Readable> {
  const first = await json.next();
  const second = await json.next();
  if (first.done === true) return Buffer.alloc(0);
  if (second.done === true) return first.value;
  const begun = [first.value, second.value];
  async function* all(): AsyncGenerator<Buffer> {
    yield* begun;
    yield* json;
  }
  return Readable.from(all(), { objectMode: false });
}
