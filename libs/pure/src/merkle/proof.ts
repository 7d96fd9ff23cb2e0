import { hashSize, nodeHash, sameHash } from './hash.js';
import type { Sha256 } from './sha256.js';
import { tileHeight, tileSubtreeHash, tileWidth, tileWidthAt, type TileCoordinate } from './tile.js';

/** Leaves `first` (included) to `end` (excluded) of a tree: the subtree that one hash of a proof stands for. */
interface LeafRange {
  readonly first: number;
  readonly end: number;
}

/** The hashes of a tile (at least as many as its coordinate says). */
export type TileReader = (tile: TileCoordinate) => Uint8Array;

/** RFC 6962 §2.1.1: the subtrees whose hashes prove leaf `index` in the tree of `size` leaves, leaf's sibling first. */
function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const ranges: LeafRange[] = [];
  let first = 0;
  let end = size;
  while (end - first > 1) {
    const middle = first + largestPowerOfTwoBelow(end - first);
    if (index < middle) {
      ranges.unshift({ first: middle, end });
      end = middle;
    } else {
      ranges.unshift({ first, end: middle });
      first = middle;
    }
  }
  return ranges;
}

/** RFC 6962 §2.1.2: the subtrees whose hashes prove that the tree of `oldSize` leaves is a prefix of that of `size`. */
function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > size)
    throw new RangeError(`no tree of ${oldSize} in a tree of ${size}`);
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: LeafRange[] = [];
  let first = 0;
  let end = size;
  while (oldSize < end) {
    const middle = first + largestPowerOfTwoBelow(end - first);
    if (oldSize <= middle) {
      ranges.unshift({ first: middle, end });
      end = middle;
    } else {
      ranges.unshift({ first, end: middle });
      first = middle;
    }
  }
  // Where the old tree ends at the left edge it is itself known to the verifier.
  if (first > 0) ranges.unshift({ first, end });
  return ranges;
}

/** The tiles to have at hand for `inclusionProof`. */
export function inclusionTiles(index: number, size: number): TileCoordinate[] {
  return tilesOf(inclusionRanges(index, size), size);
}

/** The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1). */
export function inclusionProof(sha256: Sha256, index: number, size: number, read: TileReader): Uint8Array[] {
  return inclusionRanges(index, size).map((range) => rangeHash(sha256, range, size, read));
}

/** The tiles to have at hand for `consistencyProof`. */
export function consistencyTiles(oldSize: number, size: number): TileCoordinate[] {
  return tilesOf(consistencyRanges(oldSize, size), size);
}

/** The proof that the tree of `oldSize` leaves is a prefix of the tree of `size` leaves (RFC 6962 §2.1.2). */
export function consistencyProof(sha256: Sha256, oldSize: number, size: number, read: TileReader): Uint8Array[] {
  return consistencyRanges(oldSize, size).map((range) => rangeHash(sha256, range, size, read));
}

/** Whether `proof` shows the leaf at `index` in the tree with this size and root (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  sha256: Sha256,
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (proof.some((hash) => hash.length !== hashSize)) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sha256, sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(sha256, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(hash, root);
}

/** Whether `proof` shows that the tree (`size`, `root`) only appended to the tree (`oldSize`, `oldRoot`) (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  sha256: Sha256,
  oldSize: number,
  oldRoot: Uint8Array,
  size: number,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(size) || oldSize < 0 || oldSize > size) return false;
  if (proof.some((hash) => hash.length !== hashSize)) return false;
  if (oldSize === size) return proof.length === 0 && sameHash(oldRoot, root);
  if (oldSize === 0) return proof.length === 0;
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  let [oldHash, hash] = [path[0], path[0]];
  if (oldHash === undefined || hash === undefined) return false;
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sha256, sibling, oldHash);
      hash = nodeHash(sha256, sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(sha256, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(oldHash, oldRoot) && sameHash(hash, root);
}

/** A range's perfect subtrees, left to right, each placed in the tile that holds it. */
function perfectSubtrees(
  range: LeafRange,
): { readonly level: number; readonly index: number; readonly first: number; readonly height: number }[] {
  const subtrees = [];
  for (let at = range.first; at < range.end;) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= range.end) height++;
    // A whole tile's root is also one hash of the tile above it.
    const level = Math.floor(height / tileHeight);
    const position = at / tileWidth ** level;
    subtrees.push({
      level,
      index: Math.floor(position / tileWidth),
      first: position % tileWidth,
      height: height % tileHeight,
    });
    at += 2 ** height;
  }
  return subtrees;
}

function rangeHash(sha256: Sha256, range: LeafRange, size: number, read: TileReader): Uint8Array {
  const hashes = perfectSubtrees(range).map(({ level, index, first, height }) =>
    tileSubtreeHash(sha256, read({ level, index, width: tileWidthAt(size, level, index) }), first, height),
  );
  return hashes.reduceRight((right, left) => nodeHash(sha256, left, right));
}

function tilesOf(ranges: readonly LeafRange[], size: number): TileCoordinate[] {
  const tiles = new Map<string, TileCoordinate>();
  for (const { level, index } of ranges.flatMap(perfectSubtrees)) {
    tiles.set(`${level}/${index}`, { level, index, width: tileWidthAt(size, level, index) });
  }
  return [...tiles.values()];
}

function largestPowerOfTwoBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

function isPowerOfTwo(n: number): boolean {
  return 2 ** Math.round(Math.log2(n)) === n;
}
