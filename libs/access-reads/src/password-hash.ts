import { randomBytes } from 'node:crypto';

/** argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

let dummy: Promise<string> | null = null;

/** Native code, loaded when the first password comes. */
const argon2 = () => import('@node-rs/argon2');

/** The PHC string that is stored of a password. */
export async function hashPassword(password: string): Promise<string> {
  const { hash } = await argon2();
  return hash(password.normalize('NFC'), parameters);
}

/**
 * Whether a password is the stored one. With no stored hash (an unknown person) it takes the same work against a hash that nothing
 * matches, so that the time tells nobody which addresses exist.
 */
export async function passwordMatches(password: string, storedHash: string | null): Promise<boolean> {
  const { hash, verify } = await argon2();
  dummy ??= hash(randomBytes(32), parameters);
  const matches = await verify(storedHash ?? (await dummy), password.normalize('NFC'));
  return matches && storedHash !== null;
}
