const mebibyte = 1024 * 1024;

/**
 * S3 takes at most 10,000 parts, each but the last of 5 MiB or more. A part lies in memory whole, so they begin as small as may be and grow
 * only for files beyond 10 GiB: up to 510 GiB fit.
 */
export function partSize(number: number): number {
  return number <= 2000 ? 5 * mebibyte : 64 * mebibyte;
}

/**
 * Cuts a stream of chunks into the parts of a multipart upload. All parts of one size lie in the same memory in turn: a part is good until
 * the next one is asked for.
 */
export async function* parts(
  chunks: AsyncIterable<Uint8Array>,
  sizeOf: (number: number) => number = partSize,
): AsyncGenerator<Buffer> {
  let number = 1;
  let part = Buffer.allocUnsafeSlow(sizeOf(number));
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    while (from < chunk.byteLength) {
      const taken = Math.min(chunk.byteLength - from, part.length - length);
      part.set(chunk.subarray(from, from + taken), length);
      from += taken;
      length += taken;
      if (length < part.length) continue;
      yield part;
      number += 1;
      length = 0;
      if (sizeOf(number) !== part.length) part = Buffer.allocUnsafeSlow(sizeOf(number));
    }
  }
  if (length > 0) yield part.subarray(0, length);
}
