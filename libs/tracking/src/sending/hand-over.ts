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
