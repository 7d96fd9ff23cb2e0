import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ed25519KeyId, formatVerifierKey, type NoteSigner } from '@assay/pure/merkle';
import { sha256 } from './sha256.js';

export interface LogKey {
  readonly signer: NoteSigner;
  /** The public key in the text form of Go's `sumdb/note`. */
  readonly verifierKey: string;
}

/** The key under which a log signs its checkpoints; named like the log, as C2SP tlog-checkpoint asks. */
export function logKey(origin: string, key: KeyObject): LogKey {
  const raw = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  return {
    signer: { name: origin, keyId: ed25519KeyId(sha256, origin, raw), sign: (message) => sign(null, message, key) },
    verifierKey: formatVerifierKey(sha256, origin, raw),
  };
}
