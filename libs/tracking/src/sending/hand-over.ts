const enoughBytes = 8 * 1024 * 1024;
let leftBytes = 0;

/**
 * Told of memory that only the collector can give back. It counts objects, and the bytes that they hold outside its heap hardly move it, so now and
 * then the young objects are collected, which takes a millisecond. Only where the process was begun with `--expose-gc`.
 */
export function leaveBehind(bytes: number): void {
  leftBytes += bytes;
  if (leftBytes < enoughBytes) return;
  leftBytes = 0;
  globalThis.gc?.({ type: 'minor', execution: 'sync' });
}

/** Told of each piece that is handed over to a socket: nobody learns when it has been sent and its memory can go. */
export function handOver(piece: Buffer): Buffer {
  leaveBehind(piece.length);
  return piece;
}
