import { randomBytes } from 'node:crypto';
import { encodeHex } from '@assay/pure/formats';
import { sha256 } from '../log/sha256.js';

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
