import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { keepSecret } from '../config/index.js';

/** Reads an Ed25519 private key (PKCS #8 PEM, mode 0600), or makes one at first start. */
export function loadOrMakeKey(file: string): KeyObject {
  const pem = keepSecret(file, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key`);
  return key;
}
