import { blobKeyInvalid } from './blob-errors.js';

const keyPattern = /^[0-9a-z][0-9a-z_-]{7,119}$/;

/** Lower-case ids only: no dot, no slash, so that no key can ever be a path. */
export function checkBlobKey(key: string): string {
  if (!keyPattern.test(key)) throw blobKeyInvalid(key);
  return key;
}
