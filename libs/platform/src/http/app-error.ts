import { type ErrorCode, type ErrorKind, errorCodes } from '@assay/contracts';

/**
 * An expected refusal. `code` is one of the contracts table, `detail` a sentence that says what to do; only the HTTP filter turns it
 * into a status.
 */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly details: { readonly [key: string]: unknown } = {},
  ) {
    super(`${code}: ${detail}`);
  }

  get kind(): ErrorKind {
    return errorCodes[this.code];
  }
}
