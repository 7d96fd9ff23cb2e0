import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { keepSecret } from './secret-file.js';

const algorithm = 'aes-256-gcm';
const nonceSize = 12;
const tagSize = 16;

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

/** Reads the installation's own key for `seal` (32 bytes in hex, mode 0600), or makes it at first start. */
export function keepSealKey(file: string): Buffer {
  const key = Buffer.from(keepSecret(file, () => randomBytes(32).toString('hex')).trim(), 'hex');
  if (key.length !== 32) throw new Error(`${file} holds no key of 32 bytes in hex`);
  return key;
}
