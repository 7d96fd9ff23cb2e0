import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 16;
const secretLength = 32;
const checkLength = 6;
const shape = new RegExp(
  `^assay_([0-9A-Za-z]{${idLength}})_([0-9A-Za-z]{${secretLength}})_([0-9A-Za-z]{${checkLength}})$`,
);

/** A token as its holder has it: `assay_<id>_<32 random base62>_<crc>`. The prefix lets scanners find a leaked one. */
export interface TokenParts {
  id: string;
  secret: string;
}

/** Uniform random base62 text. Bytes of 248 and above are thrown away, so that no letter is likelier than another. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < 248 && text.length < length) text += alphabet.charAt(byte % 62);
    }
  }
  return text;
}

export function newTokenParts(): TokenParts {
  return { id: randomBase62(idLength), secret: randomBase62(secretLength) };
}

export function formatToken({ id, secret }: TokenParts): string {
  const body = `assay_${id}_${secret}`;
  return `${body}_${checksum(body)}`;
}

/** Reads a token, or null for text that is none. The checksum spares a look-up for a misspelt one; it proves nothing. */
export function parseToken(text: string): TokenParts | null {
  const [, id, secret, check] = shape.exec(text) ?? [];
  if (id === undefined || secret === undefined) return null;
  return checksum(`assay_${id}_${secret}`) === check ? { id, secret } : null;
}

/** What is stored of a token's secret. 190 random bits need no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Compares a secret with a stored hash in constant time. */
export function secretMatches(secret: string, storedHash: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex');
  const stored = Buffer.from(storedHash, 'hex');
  return given.length === stored.length && timingSafeEqual(given, stored);
}

/** CRC-32 of the text before it, in six base62 digits. */
function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < checkLength; digit += 1) {
    text = alphabet.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
