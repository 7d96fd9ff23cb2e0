import { decodeBase64, encodeBase64 } from '../formats/index.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { hashSize, leafHash } from './hash.js';
import { verifyInclusion } from './proof.js';
import type { Sha256 } from './sha256.js';
import type { NoteVerifier } from './signed-note.js';

/** A proof of inclusion that stands alone (C2SP tlog-proof): index, audit path, and the signed checkpoint as text. */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: string;
  /** Opaque and unauthenticated. */
  readonly extra?: Uint8Array | undefined;
}

const header = 'c2sp.org/tlog-proof@v1';

/** Writes a proof; keep it in a file `….tlog-proof`. */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const lines = [header];
  if (extra !== undefined) lines.push(`extra ${encodeBase64(extra)}`);
  lines.push(`index ${index}`, ...hashes.map(encodeBase64), '', checkpoint);
  return lines.join('\n');
}

/** Reads a proof; null if it is malformed. */
export function parseTlogProof(text: string): TlogProof | null {
  const split = text.indexOf('\n\n');
  if (split < 0) return null;
  const [first, ...lines] = text.slice(0, split).split('\n');
  if (first !== header) return null;
  const extra = lines[0]?.startsWith('extra ') ? decodeBase64(lines.shift()?.slice('extra '.length) ?? '') : undefined;
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (extra === null || index === undefined) return null;
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = decodeBase64(line);
    if (hash?.length !== hashSize) return null;
    hashes.push(hash);
  }
  return { index: Number(index), hashes, checkpoint: text.slice(split + 2), extra };
}

export type TlogProofResult =
  | { readonly index: number; readonly checkpoint: Checkpoint }
  | { readonly problem: string };

/** Verifies offline that `leaf` is in the log that the verifiers' key stands for. */
export async function verifyTlogProof(
  sha256: Sha256,
  text: string,
  leaf: Uint8Array,
  verifiers: readonly NoteVerifier[],
): Promise<TlogProofResult> {
  const proof = parseTlogProof(text);
  if (proof === null) return { problem: 'it is not in the form of a transparency log proof' };
  const opened = await openCheckpoint(proof.checkpoint, verifiers);
  if ('problem' in opened) return { problem: `its checkpoint can't be accepted: ${opened.problem}` };
  const { size, root } = opened.checkpoint;
  if (!verifyInclusion(sha256, proof.index, size, leafHash(sha256, leaf), proof.hashes, root)) {
    return { problem: `the record is not the one at index ${proof.index} of the log of ${size} records` };
  }
  return { index: proof.index, checkpoint: opened.checkpoint };
}
