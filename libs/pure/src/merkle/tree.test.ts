import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactTree } from './compact-tree.js';
import { emptyRoot, leafHash, nodeHash } from './hash.js';
import {
  consistencyProof,
  consistencyTiles,
  inclusionProof,
  inclusionTiles,
  verifyConsistency,
  verifyInclusion,
  type TileReader,
} from './proof.js';
import { portableSha256, type Sha256 } from './sha256.js';
import { hashesAtLevel, tileWidthAt } from './tile.js';
import { edgeTiles, TileTree } from './tile-tree.js';

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

/** The eight leaves and roots of the reference tests of certificate-transparency (`merkle_tree_test.cc`). */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  bytes,
);
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A log of leaf hashes with its tiles, by the definition of RFC 6962 §2.1 for comparison. */
function aLog(size: number) {
  const tree = new TileTree(sha256);
  const hashes = Array.from({ length: size }, (_, i) => leafHash(sha256, Buffer.from(`leaf ${i}`)));
  for (const leaf of hashes) tree.append(leaf);
  const tiles = new Map(tree.takeChanged().map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
  const read: TileReader = ({ level, index, width }) => {
    const tile = tiles.get(`${level}/${index}`);
    if (tile === undefined || tile.length < width * 32) throw new Error(`no tile ${level}/${index} of width ${width}`);
    return tile;
  };
  return { tree, hashes, tiles, read };
}

function definition(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return emptyRoot(sha256);
  if (hashes.length === 1) return first;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(sha256, definition(hashes.slice(0, k)), definition(hashes.slice(k)));
}

const large = aLog(70_000);
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 70_000 }),
  fc.constantFrom(1, 255, 256, 257, 65_535, 65_536, 65_537),
);

describe('portableSha256', () => {
  it('agrees with the platform on every length', () => {
    for (let length = 0; length < 200; length++) {
      const data = new Uint8Array(length).fill(length);
      expect(hex(portableSha256(data))).toBe(hex(sha256(data)));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (data) => {
        expect(hex(portableSha256(data))).toBe(hex(sha256(data)));
      }),
    );
  });
});

describe('roots', () => {
  it('are those of the reference tests, for each size', () => {
    const compact = new CompactTree(sha256);
    const tiled = new TileTree(sha256);
    expect(hex(compact.root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(tiled.root())).toBe(hex(compact.root()));
    leaves.forEach((leaf, i) => {
      compact.append(leafHash(sha256, leaf));
      tiled.append(leafHash(sha256, leaf));
      expect(hex(compact.root())).toBe(roots[i]);
      expect(hex(tiled.root())).toBe(roots[i]);
    });
  });

  it('follow the definition, streamed or tiled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1500 }), (size) => {
        const { tree, hashes } = aLog(size);
        const compact = new CompactTree(sha256);
        for (const leaf of hashes) compact.append(leaf);
        const expected = hex(definition(hashes));
        expect(hex(tree.root())).toBe(expected);
        expect(hex(compact.root())).toBe(expected);
      }),
      { numRuns: 40, examples: [[0], [1], [255], [256], [257], [512], [513]] },
    );
  });
});

describe('tiles', () => {
  it('are as many and as wide as the specification says for 70,000 leaves', () => {
    const width = (level: number, index: number) => (large.tiles.get(`${level}/${index}`)?.length ?? 0) / 32;
    expect(width(0, 272)).toBe(256);
    expect(width(0, 273)).toBe(112);
    expect(width(1, 0)).toBe(256);
    expect(width(1, 1)).toBe(17);
    expect(width(2, 0)).toBe(1);
    expect(large.tiles.size).toBe(274 + 2 + 1);
    for (const [key, tile] of large.tiles) {
      const [level = 0, index = 0] = key.split('/').map(Number);
      expect(tile.length / 32).toBe(tileWidthAt(70_000, level, index));
    }
    expect(hashesAtLevel(256, 1)).toBe(1);
  });

  it('continue from the stored edge exactly as if never interrupted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 700 }), (first, more) => {
        const whole = aLog(first + more);
        const begun = aLog(first);
        const resumed = new TileTree(sha256, first, (level, index) => begun.tiles.get(`${level}/${index}`));
        for (const leaf of whole.hashes.slice(first)) resumed.append(leaf);
        for (const tile of resumed.takeChanged()) begun.tiles.set(`${tile.level}/${tile.index}`, tile.hashes);
        expect(hex(resumed.root())).toBe(hex(whole.tree.root()));
        expect([...begun.tiles].map(([key, tile]) => [key, hex(tile)]).toSorted()).toEqual(
          [...whole.tiles].map(([key, tile]) => [key, hex(tile)]).toSorted(),
        );
      }),
      {
        numRuns: 60,
        examples: [
          [256, 256],
          [255, 2],
          [0, 0],
        ],
      },
    );
  });

  it('refuses to continue a tree whose edge is missing', () => {
    expect(() => new TileTree(sha256, 300)).toThrow('tile 1 of level 0 has fewer than the 44 hashes');
    expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
  });
});

describe('proofs', () => {
  it('of inclusion are those of the reference tests', () => {
    const { read } = smallLog();
    const proof = (index: number, size: number) => inclusionProof(sha256, index, size, read).map(hex);
    expect(proof(0, 1)).toEqual([]);
    expect(proof(0, 8)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(proof(5, 8)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(proof(1, 5)).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('of consistency are those of the reference tests', () => {
    const { read } = smallLog();
    const proof = (oldSize: number, size: number) => consistencyProof(sha256, oldSize, size, read).map(hex);
    expect(proof(1, 1)).toEqual([]);
    expect(proof(6, 8)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(proof(2, 5)).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('of inclusion verify for any leaf and size, and for nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, pick, other) => {
        const index = pick % size;
        const root = rootAt(size);
        const leaf = large.hashes[index] ?? new Uint8Array();
        const needed = new Set(inclusionTiles(index, size).map(({ level, index: tile }) => `${level}/${tile}`));
        const proof = inclusionProof(sha256, index, size, (tile) => {
          expect(needed).toContain(`${tile.level}/${tile.index}`);
          return large.read(tile);
        });
        expect(verifyInclusion(sha256, index, size, leaf, proof, root)).toBe(true);
        expect(verifyInclusion(sha256, index, size, leafHash(sha256, leaf), proof, root)).toBe(false);
        expect(verifyInclusion(sha256, index, size, leaf, [...proof, root], root)).toBe(false);
        expect(other % size !== index && verifyInclusion(sha256, other % size, size, leaf, proof, root)).toBe(false);
        expect(proof.length > 0 && verifyInclusion(sha256, index, size, leaf, damage(proof, other), root)).toBe(false);
      }),
    );
  });

  it('of consistency verify for any two sizes, and for nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, pick, which) => {
        const oldSize = 1 + (pick % size);
        const [oldRoot, root] = [rootAt(oldSize), rootAt(size)];
        const needed = new Set(consistencyTiles(oldSize, size).map(({ level, index }) => `${level}/${index}`));
        const proof = consistencyProof(sha256, oldSize, size, (tile) => {
          expect(needed).toContain(`${tile.level}/${tile.index}`);
          return large.read(tile);
        });
        expect(verifyConsistency(sha256, oldSize, oldRoot, size, root, proof)).toBe(true);
        expect(verifyConsistency(sha256, oldSize, sha256(oldRoot), size, root, proof)).toBe(false);
        expect(verifyConsistency(sha256, oldSize, oldRoot, size, sha256(root), proof)).toBe(false);
        expect(proof.length > 0 && verifyConsistency(sha256, oldSize, oldRoot, size, root, damage(proof, which))).toBe(
          false,
        );
      }),
    );
  });

  it('refuses to prove what the tree does not hold', () => {
    expect(() => inclusionProof(sha256, 5, 5, large.read)).toThrow('no leaf 5 in a tree of 5');
    expect(() => consistencyProof(sha256, 6, 5, large.read)).toThrow('no tree of 6 in a tree of 5');
    expect(verifyInclusion(sha256, 5, 5, rootAt(1), [], rootAt(5))).toBe(false);
    expect(verifyConsistency(sha256, 6, rootAt(6), 5, rootAt(5), [])).toBe(false);
  });
});

function smallLog() {
  const tree = new TileTree(sha256);
  for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
  const tiles = new Map(tree.takeChanged().map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
  return { read: (({ level, index }) => tiles.get(`${level}/${index}`) ?? new Uint8Array()) satisfies TileReader };
}

function rootAt(size: number): Uint8Array {
  return new TileTree(sha256, size, (level, index) => large.tiles.get(`${level}/${index}`)).root();
}

function damage(proof: readonly Uint8Array[], which: number): Uint8Array[] {
  return proof.map((hash, i) => (i === which % proof.length ? sha256(hash) : hash));
}
