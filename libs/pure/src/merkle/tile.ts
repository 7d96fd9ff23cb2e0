import { hashSize, nodeHash } from './hash.js';
import type { Sha256 } from './sha256.js';

/** C2SP tlog-tiles: a tile spans eight levels of the tree, so holds up to 256 hashes. */
export const tileHeight = 8;
export const tileWidth = 256;

/** Which tile: its level (0 holds leaf hashes), its index within the level, how many hashes of it (256 when full). */
export interface TileCoordinate {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** `0/x001/067` or `0/x001/067.p/12`: the path of a tile below `/log/tile/`. */
export function tilePath(tile: TileCoordinate): string {
  return `${tile.level}/${indexPath(tile.index)}${partialSuffix(tile.width)}`;
}

/** The path of an entry bundle below `/log/tile/`. */
export function entriesPath(index: number, width: number): string {
  return `entries/${indexPath(index)}${partialSuffix(width)}`;
}

/** What a path below `/log/tile/` asks for, or null if it is not exactly in the form that the specification gives. */
export function parseTilePath(
  path: string,
): TileCoordinate | { readonly entries: true; readonly index: number; readonly width: number } | null {
  const match = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const [, kind, digits, partial] = match ?? [];
  if (kind === undefined || digits === undefined) return null;
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  if (!Number.isSafeInteger(index) || indexPath(index) !== digits || (partial !== undefined && width >= tileWidth))
    return null;
  if (kind === 'entries') return { entries: true, index, width };
  const level = Number(kind);
  return level > 63 ? null : { level, index, width };
}

/** How many hashes the tree of a size has at a tile level: floor(size / 256^level). */
export function hashesAtLevel(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** How many hashes tile `index` of a level holds in the tree of a size; 0 if it doesn't exist yet. */
export function tileWidthAt(size: number, level: number, index: number): number {
  return Math.max(0, Math.min(tileWidth, hashesAtLevel(size, level) - index * tileWidth));
}

/** The `at`-th hash of a tile's bytes. */
export function tileHash(tile: Uint8Array, at: number): Uint8Array {
  return tile.subarray(at * hashSize, (at + 1) * hashSize);
}

/** The root of the perfect subtree over 2^height consecutive hashes of a tile, starting at `first`. */
export function tileSubtreeHash(sha256: Sha256, tile: Uint8Array, first: number, height: number): Uint8Array {
  if (height === 0) return tileHash(tile, first);
  const half = 2 ** (height - 1);
  return nodeHash(
    sha256,
    tileSubtreeHash(sha256, tile, first, height - 1),
    tileSubtreeHash(sha256, tile, first + half, height - 1),
  );
}

function partialSuffix(width: number): string {
  return width === tileWidth ? '' : `.p/${width}`;
}

function indexPath(index: number): string {
  const groups: string[] = [];
  let rest = index;
  do {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}
