import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Reads an Ed25519 private key (PKCS #8 PEM, mode 0600), or makes one at first start. */
export function loadOrMakeKey(file: string): KeyObject {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = openSync(file, 'wx', 0o600);
    const { privateKey } = generateKeyPairSync('ed25519');
    writeSync(handle, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    fsyncSync(handle);
    closeSync(handle);
    return privateKey;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = createPrivateKey(readFileSync(file));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key`);
  return key;
}
