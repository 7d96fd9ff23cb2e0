import { emptyRoot, hashSize, nodeHash } from './hash.js';
import type { Sha256 } from './sha256.js';
import { hashesAtLevel, tileSubtreeHash, tileWidth } from './tile.js';

/** A tile with all hashes that it holds so far, back to back. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** Reads the rightmost, not yet full tile of a level of the tree that is being continued. */
export type EdgeReader = (level: number, index: number) => Uint8Array | undefined;

/** The coordinates of the partial tiles at the right edge of a tree: what a writer needs to continue it. */
export function edgeTiles(size: number): { readonly level: number; readonly index: number; readonly width: number }[] {
  const edge = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    const count = hashesAtLevel(size, level);
    const width = count % tileWidth;
    if (width > 0) edge.push({ level, index: Math.floor(count / tileWidth), width });
  }
  return edge;
}

/** Grows a tiled tree (C2SP tlog-tiles, height 8): leaf hashes go in, the tiles that changed and the root come out. */
export class TileTree {
  /** Per level, the hashes of its rightmost, not yet full tile. */
  private readonly edge: Uint8Array[][] = [];
  private readonly changed = new Map<string, Tile>();
  private leaves: number;

  constructor(
    private readonly sha256: Sha256,
    size = 0,
    read: EdgeReader = () => undefined,
  ) {
    this.leaves = size;
    for (const { level, index, width } of edgeTiles(size)) {
      const bytes = read(level, index);
      if (bytes === undefined || bytes.length < width * hashSize) {
        throw new Error(
          `tile ${index} of level ${level} has fewer than the ${width} hashes that a tree of ${size} leaves needs`,
        );
      }
      this.edge[level] = Array.from({ length: width }, (_, i) => bytes.slice(i * hashSize, (i + 1) * hashSize));
    }
  }

  get size(): number {
    return this.leaves;
  }

  /** Appends one leaf by its leaf hash. */
  append(leaf: Uint8Array): void {
    this.leaves += 1;
    let hash = leaf;
    for (let level = 0; ; level++) {
      const tile = (this.edge[level] ??= []);
      tile.push(hash);
      const index = Math.ceil(hashesAtLevel(this.leaves, level) / tileWidth) - 1;
      this.changed.set(`${level}/${index}`, { level, index, hashes: new Uint8Array(0) });
      if (tile.length < tileWidth) return;
      const bytes = concat(tile);
      this.changed.set(`${level}/${index}`, { level, index, hashes: bytes });
      this.edge[level] = [];
      hash = tileSubtreeHash(this.sha256, bytes, 0, 8);
    }
  }

  /** The tiles that changed since the last call, each with all its hashes. */
  takeChanged(): Tile[] {
    const tiles = [...this.changed.values()].map((tile) =>
      tile.hashes.length > 0 ? tile : { ...tile, hashes: concat(this.edge[tile.level] ?? []) },
    );
    this.changed.clear();
    return tiles;
  }

  /** The Merkle tree hash of all leaves. */
  root(): Uint8Array {
    let root: Uint8Array | null = null;
    for (const tile of this.edge) {
      const bytes = concat(tile ?? []);
      for (let end = tile?.length ?? 0; end > 0;) {
        const height = trailingZeros(end);
        const start = end - 2 ** height;
        const peak = tileSubtreeHash(this.sha256, bytes, start, height);
        root = root === null ? peak : nodeHash(this.sha256, peak, root);
        end = start;
      }
    }
    return root ?? emptyRoot(this.sha256);
  }
}

function trailingZeros(n: number): number {
  return 31 - Math.clz32(n & -n);
}

function concat(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * hashSize);
  hashes.forEach((hash, i) => bytes.set(hash, i * hashSize));
  return bytes;
}
