import { decodeBase64, encodeBase64 } from '../formats/index.js';
import { hashSize } from './hash.js';
import { openNote, parseNote, signNote, type NoteSigner, type NoteVerifier } from './signed-note.js';

/** A log's tree head: which log, how many leaves, the Merkle root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** The note text of a checkpoint (C2SP tlog-checkpoint), without extension lines. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Reads a checkpoint's note text; null if it is malformed. Extension lines are allowed and ignored. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, ...rest] = text.split('\n');
  if (
    origin === undefined ||
    origin === '' ||
    size === undefined ||
    !/^(0|[1-9]\d{0,15})$/.test(size) ||
    !Number.isSafeInteger(Number(size))
  )
    return null;
  const hash = decodeBase64(root ?? '');
  if (hash?.length !== hashSize || rest.at(-1) !== '' || rest.slice(0, -1).includes('')) return null;
  return { origin, size: Number(size), root: hash };
}

/** The signed note of a checkpoint. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), signers);
}

export type OpenedCheckpoint = { readonly checkpoint: Checkpoint } | { readonly problem: string };

/** Verifies a signed checkpoint; the log's own key, named like its origin, must be among those that signed. */
export async function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]): Promise<OpenedCheckpoint> {
  const opened = await openNote(note, verifiers);
  if ('problem' in opened) return opened;
  const checkpoint = parseCheckpoint(opened.text);
  if (checkpoint === null) return { problem: 'its text is not that of a checkpoint' };
  if (!opened.verifiedBy.some(({ name }) => name === checkpoint.origin)) {
    return { problem: `it is not signed by the log ${checkpoint.origin} itself` };
  }
  return { checkpoint };
}

/** Reads a signed checkpoint without verifying it, for its place in a list only. */
export function peekCheckpoint(note: string): Checkpoint | null {
  const parsed = parseNote(note);
  return parsed === null ? null : parseCheckpoint(parsed.text);
}
