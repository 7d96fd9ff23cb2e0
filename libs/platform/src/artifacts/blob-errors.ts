import { AppError } from '../http/app-error.js';

/** Keys are made by the platform, so a bad one is a mistake in our code and no answer to a caller. */
export function blobKeyInvalid(key: string): TypeError {
  return new TypeError(`"${key}" is no blob key: 8 to 120 of a-z, 0-9, "_" and "-".`);
}

export function blobExists(key: string): AppError {
  return new AppError(
    'RESOURCE_CONFLICT',
    'The file was stored before and is never replaced: upload it under a new key.',
    { blob: key },
  );
}

export function blobTooLarge(mostBytes: number): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `The file is larger than the ${mostBytes} bytes that ASSAY_ARTIFACTS_MAX_BYTES allows.`,
  );
}

export function blobNotFound(key: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', 'The artifact store does not hold this file.', { blob: key });
}

export function blobRangeInvalid(key: string, size: number): AppError {
  return new AppError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes: ask for a range inside it.`, {
    blob: key,
    size,
  });
}

/** The bytes read are not the bytes written. */
export function blobDamaged(expected: string, found: string): AppError {
  return new AppError(
    'INTERNAL_ERROR',
    'The stored file is damaged: its SHA-256 is not the recorded one. Restore it from a backup.',
    { expected, found },
  );
}

/** `code` of a Node system error, for example ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const refused = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTSUP', 'ENOTDIR']);

/** A fault of the file system as a sentence; anything else (a broken upload, say) as it is. */
export function fileFault(error: unknown, root: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  if (full.has(code))
    return new AppError(
      'INSUFFICIENT_STORAGE',
      'The disk of the artifact store is full: free some space and try again.',
      { code },
    );
  if (refused.has(code)) {
    return new AppError(
      'TEMPORARILY_UNAVAILABLE',
      `The folder of the artifact store can't be written (${code}): make ${root} writable, on a file system with hard links.`,
      { code },
    );
  }
  return error;
}

/** Error code of an S3 answer, for example NoSuchKey. */
export function s3Code(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const s3Full = new Set([
  'XMinioStorageFull',
  'EntityTooLarge',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientStorage',
]);
const s3Refused = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'NoSuchBucket']);
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
]);

/** A fault of the S3 store as a sentence; anything else as it is. */
export function s3Fault(error: unknown): unknown {
  const code = s3Code(error) ?? '';
  if (s3Full.has(code))
    return new AppError('INSUFFICIENT_STORAGE', 'The artifact store is full: free some space and try again.', { code });
  if (s3Refused.has(code))
    return new AppError(
      'TEMPORARILY_UNAVAILABLE',
      `The artifact store refused us (${code}): check ASSAY_ARTIFACTS_URL.`,
      { code },
    );
  if (unreachable.has(code) || (error instanceof Error && error.message.startsWith('Request failed after'))) {
    return new AppError('TEMPORARILY_UNAVAILABLE', 'The artifact store does not answer: try again in a moment.', {
      code,
    });
  }
  return error;
}
