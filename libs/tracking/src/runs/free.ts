/**
 * Gives the memory of buffers back at once. V8 sees small objects in them and collects when it has some 64 MiB of such memory: with long answers
 * on their way, that comes on top of what they need. Only for what nobody looks at any more; a part of a larger buffer is left alone.
 */
export function free(buffers: Iterable<Uint8Array | Float64Array>): void {
  for (const { buffer, byteLength } of buffers)
    if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === byteLength) buffer.transfer(0);
}

const enoughBytes = 8 * 1024 * 1024;
let handedOver = 0;

/**
 * Told of each piece that is handed over to a socket: nobody learns when it has been sent and its memory can go, so now and then the young
 * objects are collected, which takes a millisecond. Only where the process was begun with `--expose-gc`.
 */
export function handOver(piece: Buffer): Buffer {
  handedOver += piece.length;
  if (handedOver < enoughBytes) return piece;
  handedOver = 0;
  globalThis.gc?.({ type: 'minor', execution: 'sync' });
  return piece;
}
