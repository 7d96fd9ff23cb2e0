import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

let dummy: Promise<string> | null = null;

/** The PHC string that is stored of a password. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), parameters);
}

/**
 * Whether a password is the stored one. With no stored hash (an unknown person) it takes the same work against a hash that nothing
 * matches, so that the time tells nobody which addresses exist.
 */
export async function passwordMatches(password: string, storedHash: string | null): Promise<boolean> {
  dummy ??= hash(randomBytes(32), parameters);
  const matches = await verify(storedHash ?? (await dummy), password.normalize('NFC'));
  return matches && storedHash !== null;
}
