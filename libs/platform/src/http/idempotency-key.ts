import { AppError } from './app-error.js';

const maxLength = 200;

/** The `Idempotency-Key` of a request, or null where it has none. */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]+$/.test(header) && header.length <= maxLength) return header;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `Invalid Idempotency-Key: up to ${maxLength} visible ASCII characters, once.`,
  );
}
