import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { encodeHex } from '@assay/pure/formats';
import { sha256 } from '../log/sha256.js';

const algorithm = 'aes-256-gcm';
const nonceSize = 12;
const tagSize = 16;

/** A personal value with the salt that keeps its digest from being guessed. */
export interface SaltedValue {
  readonly salt: string;
  readonly value: string;
}

/** Salts each value and tells the digest that stands for it in the log: `sha256:` of salt ‖ value. */
export function saltValues(personal: Readonly<Record<string, string>>): {
  salted: Record<string, SaltedValue>;
  digests: Record<string, string>;
} {
  const salted: Record<string, SaltedValue> = {};
  const digests: Record<string, string> = {};
  for (const [field, value] of Object.entries(personal)) {
    const salt = randomBytes(16);
    salted[field] = { salt: salt.toString('hex'), value };
    digests[field] = `sha256:${encodeHex(sha256(Buffer.concat([salt, Buffer.from(value)])))}`;
  }
  return { salted, digests };
}

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. `bound` is authenticated with it, so that a sealed value can't be moved to another place. */
export function seal(key: Uint8Array, plain: Uint8Array, bound: string): Buffer {
  const nonce = randomBytes(nonceSize);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagSize });
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made. @throws if the key, the place or a byte is another. */
export function unseal(key: Uint8Array, sealed: Uint8Array, bound: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceSize), { authTagLength: tagSize });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagSize));
  return Buffer.concat([decipher.update(sealed.subarray(nonceSize, sealed.length - tagSize)), decipher.final()]);
}
