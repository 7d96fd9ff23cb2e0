import { hashPassword } from '@assay/access-reads';
import { AppError } from '@assay/platform/http';

/**
 * The hash of a password that somebody chooses. Refused is what everybody guesses first, however it is written (ASVS 6.2.4); the length is checked
 * with the request, and nothing is asked of the characters.
 */
export async function newPasswordHash(password: string): Promise<string> {
  const { commonPasswords } = await import('./common-passwords.js'); // in memory only where passwords are chosen
  if (commonPasswords.has(password.normalize('NFC').toLowerCase()))
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      'This is one of the 3,000 most common passwords, which are guessed first: choose another, best a few words that belong together only for you (15 characters or more).',
    );
  return hashPassword(password);
}
