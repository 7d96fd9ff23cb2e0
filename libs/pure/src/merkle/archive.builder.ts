import { canonicalJsonBytes, encodeBase64 } from '../formats/index.js';
import { archiveFormat } from './archive.js';
import { signCheckpoint } from './checkpoint.js';
import { leafHash } from './hash.js';
import { leafColumns } from './leaf-columns.js';
import { inclusionProof } from './proof.js';
import type { Sha256 } from './sha256.js';
import type { NoteSigner } from './signed-note.js';
import { TileTree } from './tile-tree.js';

export interface ArchiveSketch {
  readonly sha256: Sha256;
  readonly signer: NoteSigner;
  readonly key: string;
  readonly records: number;
  /** Sizes at which earlier checkpoints were signed. */
  readonly signedAt?: readonly number[];
  /** Only these indexes, each with its proof. */
  readonly only?: readonly number[];
}

/** Lines of a valid archive over records made up. */
export async function anArchive({
  sha256,
  signer,
  key,
  records,
  signedAt = [],
  only,
}: ArchiveSketch): Promise<string[]> {
  const tree = new TileTree(sha256);
  const leaves = Array.from({ length: records }, (_, i) => ({
    v: 1,
    id: `record-${i}`,
    time: '2026-11-22T16:00:00.000000Z',
    actor: { id: `person-${i % 7}`, kind: 'person' },
    workspace: 'default',
    action: 'registry.model.created.v1',
    target: { type: 'model', id: `model-${i}` },
    outcome: 'success',
    after: { i },
  }));
  const lines: string[] = [];
  const hashes: Uint8Array[] = [];
  for (const [index, leaf] of leaves.entries()) {
    const bytes = canonicalJsonBytes(leaf);
    const hash = leafHash(sha256, bytes);
    tree.append(hash);
    hashes.push(hash);
    if (only === undefined)
      lines.push(
        JSON.stringify({
          kind: 'record',
          index,
          leaf: new TextDecoder().decode(bytes),
          hash: encodeBase64(hash),
          row: leafColumns(leaf),
        }),
      );
    if (only === undefined && signedAt.includes(index + 1)) {
      lines.push(
        JSON.stringify({
          kind: 'checkpoint',
          note: await signCheckpoint({ origin: signer.name, size: index + 1, root: tree.root() }, [signer]),
        }),
      );
    }
  }
  const root = tree.root();
  const tiles = new Map(tree.takeChanged().map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
  for (const index of only ?? []) {
    const proof = inclusionProof(
      sha256,
      index,
      records,
      (tile) => tiles.get(`${tile.level}/${tile.index}`) ?? new Uint8Array(),
    );
    const leaf = new TextDecoder().decode(canonicalJsonBytes(leaves[index]));
    lines.push(
      JSON.stringify({
        kind: 'record',
        index,
        leaf,
        hash: encodeBase64(hashes[index] ?? new Uint8Array()),
        row: leafColumns(leaves[index]),
        proof: proof.map(encodeBase64),
      }),
    );
  }
  const count = only?.length ?? records;
  const manifest = {
    kind: 'manifest',
    format: archiveFormat,
    origin: signer.name,
    keys: [key],
    filter: only === undefined ? {} : { actor: 'someone' },
    complete: only === undefined,
    count,
    first: only?.[0] ?? 0,
    last: only?.at(-1) ?? records - 1,
    checkpoint: await signCheckpoint({ origin: signer.name, size: records, root }, [signer]),
  };
  return [JSON.stringify(manifest), ...lines, JSON.stringify({ kind: 'end', count })];
}
