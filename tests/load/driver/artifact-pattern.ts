import { createHash } from 'node:crypto';

const blockBytes = 1024 * 1024;

/** 1 MiB that doesn't compress, the same in every process. Artifacts of the bench are this block over and over. */
export const patternBlock: Buffer = makeBlock();

function makeBlock(): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index < blockBytes / 32; index += 1)
    parts.push(createHash('sha256').update(`assay bench ${index}`).digest());
  return Buffer.concat(parts);
}

/** An artifact of that many bytes as parts to be sent. */
export function patternParts(bytes: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let left = bytes; left > 0; left -= blockBytes) parts.push(patternBlock.subarray(0, Math.min(left, blockBytes)));
  return parts;
}

/** Whether a piece is what the pattern holds at that offset. */
export function isPattern(piece: Buffer, offset: number): boolean {
  for (let at = 0; at < piece.length;) {
    const from = (offset + at) % blockBytes;
    const length = Math.min(piece.length - at, blockBytes - from);
    if (piece.compare(patternBlock, from, from + length, at, at + length) !== 0) return false;
    at += length;
  }
  return true;
}
