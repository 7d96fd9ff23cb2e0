const mebibyte = 1024 * 1024;

/** S3 takes at most 10,000 parts, each but the last of 5 MiB or more: 8 MiB first, 64 MiB from 8 GiB on, so up to 583 GiB fit. */
export function partSize(number: number): number {
  return number <= 1000 ? 8 * mebibyte : 64 * mebibyte;
}

/** Cuts a stream of chunks into the parts of a multipart upload; at most one part is held in memory. */
export async function* parts(
  chunks: AsyncIterable<Buffer>,
  sizeOf: (number: number) => number = partSize,
): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (length + rest.length >= sizeOf(number)) {
      const cut = sizeOf(number) - length;
      yield Buffer.concat([...waiting, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      waiting = [];
      length = 0;
      number += 1;
    }
    if (rest.length > 0) waiting.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
