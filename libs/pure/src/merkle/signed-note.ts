import { decodeBase64, encodeBase64, encodeHex } from '../formats/index.js';
import type { Sha256 } from './sha256.js';

/** Makes signatures under one key (C2SP signed-note). The private key stays behind it: a file, a vault, a hardware token. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: Uint8Array;
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Checks signatures of one key. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  verify(message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
}

/** Checks an Ed25519 signature under a 32-byte public key; given by the platform (`node:crypto`, WebCrypto). */
export type Ed25519Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface ParsedNote {
  /** What is signed, with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The type byte of Ed25519 signatures over the note text. */
const ed25519Type = 0x01;
const maxSignatures = 64;
const encoder = new TextEncoder();

/** First four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key). */
export function ed25519KeyId(sha256: Sha256, name: string, publicKey: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(...encoder.encode(name), 0x0a, ed25519Type, ...publicKey)).slice(0, 4);
}

/** `name+keyid+base64(0x01 ‖ public key)`: the text form of a verifier key that Go's `sumdb/note` reads. */
export function formatVerifierKey(sha256: Sha256, name: string, publicKey: Uint8Array): string {
  if (!isKeyName(name))
    throw new Error(`${JSON.stringify(name)} is no key name: it must be without spaces and plus signs`);
  return `${name}+${encodeHex(ed25519KeyId(sha256, name, publicKey))}+${encodeBase64(Uint8Array.of(ed25519Type, ...publicKey))}`;
}

/** Reads a verifier key's text form; null if it is malformed, of another type, or its key id is not its own. */
export function parseVerifierKey(sha256: Sha256, text: string, verify: Ed25519Verify): NoteVerifier | null {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text);
  const [, name = '', id = '', encoded = ''] = match ?? [];
  const key = decodeBase64(encoded);
  if (match === null || key === null || key.length !== 33 || key[0] !== ed25519Type || !isKeyName(name)) return null;
  const publicKey = key.slice(1);
  const keyId = ed25519KeyId(sha256, name, publicKey);
  if (encodeHex(keyId) !== id) return null;
  return {
    name,
    keyId,
    verify: (message, signature) => signature.length === 64 && verify(publicKey, message, signature),
  };
}

/** Signs a text (which ends in a newline) with each signer, in order. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!isNoteText(text))
    throw new Error('a note must be well-formed text that ends in a newline, without control characters');
  const lines: string[] = [];
  for (const signer of signers) {
    if (!isKeyName(signer.name)) throw new Error(`${JSON.stringify(signer.name)} is no key name`);
    const signature = await signer.sign(encoder.encode(text));
    lines.push(`— ${signer.name} ${encodeBase64(Uint8Array.of(...signer.keyId, ...signature))}\n`);
  }
  return `${text}\n${lines.join('')}`;
}

/** Splits a note into text and signatures without verifying any; null if it is malformed. */
export function parseNote(note: string): ParsedNote | null {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !isNoteText(note)) return null;
  const lines = note
    .slice(split + 2)
    .split('\n')
    .slice(0, -1);
  if (lines.length === 0 || lines.length > maxSignatures) return null;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    const bytes = decodeBase64(match?.[2] ?? '');
    const name = match?.[1] ?? '';
    if (bytes === null || bytes.length < 5 || !isKeyName(name)) return null;
    signatures.push({ name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) });
  }
  return { text: note.slice(0, split + 1), signatures };
}

export type OpenedNote =
  | { readonly text: string; readonly verifiedBy: readonly NoteVerifier[] }
  | { readonly problem: string };

/**
 * Verifies a note: signatures of unknown keys are ignored, one bad signature of a known key refuses the whole note, and at
 * least one known key must have signed.
 */
export async function openNote(note: string, verifiers: readonly NoteVerifier[]): Promise<OpenedNote> {
  const parsed = parseNote(note);
  if (parsed === null) return { problem: 'it is not in the form of a signed note' };
  const verifiedBy: NoteVerifier[] = [];
  for (const { name, keyId, signature } of parsed.signatures) {
    const verifier = verifiers.find((known) => known.name === name && encodeHex(known.keyId) === encodeHex(keyId));
    if (verifier === undefined || verifiedBy.includes(verifier)) continue;
    if (!(await verifier.verify(encoder.encode(parsed.text), signature))) {
      return { problem: `the signature of ${name}+${encodeHex(keyId)} is not valid` };
    }
    verifiedBy.push(verifier);
  }
  if (verifiedBy.length === 0) {
    const signers = parsed.signatures.map(({ name, keyId }) => `${name}+${encodeHex(keyId)}`).join(', ');
    return { problem: `it is signed by no known key (by ${signers})` };
  }
  return { text: parsed.text, verifiedBy };
}

function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\u0085\p{Surrogate}]/u.test(name);
}

function isNoteText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what the format forbids
  return text.endsWith('\n') && !/[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u.test(text);
}
