import { createPublicKey, hash, verify } from 'node:crypto';
import type { Ed25519Verify, Sha256 } from '@assay/pure/merkle';

/** SHA-256 by `node:crypto`'s one-shot call. */
export const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');

/** Ed25519 verification by `node:crypto`. */
export const verifyEd25519: Ed25519Verify = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
      format: 'jwk',
    }),
    signature,
  );
