import { AppError } from '@assay/platform/http';
import { limits } from '@assay/pure/mlflow-wire';

/** The `Idempotency-Key` of a request, or null where it has none. */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]+$/.test(header) && header.length <= limits.idempotencyKey)
    return header;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `Invalid Idempotency-Key: up to ${limits.idempotencyKey} visible ASCII characters, once.`,
  );
}
