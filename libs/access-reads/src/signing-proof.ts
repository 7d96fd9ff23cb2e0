import { hashSecret, randomBase62 } from './token-format.js';

const prefix = 'assay-proof_';

/** A proof of a fresh sign-in: what its holder has, and what is stored of it. */
export function newSigningProof(): { text: string; sha256: string } {
  const text = `${prefix}${randomBase62(43)}`;
  return { text, sha256: hashSecret(text) };
}
