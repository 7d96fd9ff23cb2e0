import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.js';
import { leafHash, nodeHash } from './hash.js';
import type { Sha256 } from './sha256.js';
import {
  ed25519KeyId,
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
  type Ed25519Verify,
  type NoteSigner,
} from './signed-note.js';
import { entriesPath, parseTilePath, tilePath } from './tile.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const verifyEd25519: Ed25519Verify = (key, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }, format: 'jwk' }),
    signature,
  );

/** Key and note published with Go's `sumdb/note` (its documentation and `note_test.go`). */
const peterKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const peterSeed = 'YEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const enochKey = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const peterLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

function verifierOf(key: string) {
  const verifier = parseVerifierKey(sha256, key, verifyEd25519);
  if (verifier === null) throw new Error(`unreadable key ${key}`);
  return verifier;
}

function peterSigner(): NoteSigner {
  const seed = Buffer.from(`A${peterSeed}`, 'base64').subarray(1);
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return { name: 'PeterNeumann', keyId: verifierOf(peterKey).keyId, sign: (message) => sign(null, message, key) };
}

function aSigner(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signer: NoteSigner = {
    name,
    keyId: ed25519KeyId(sha256, name, raw),
    sign: (message) => sign(null, message, privateKey),
  };
  return { signer, verifier: verifierOf(formatVerifierKey(sha256, name, raw)) };
}

describe('signed notes', () => {
  it('are signed byte for byte as by the reference implementation', async () => {
    expect(await signNote(text, [peterSigner()])).toBe(`${text}\n${peterLine}`);
  });

  it('open under either key, ignore unknown keys, and say who signed', async () => {
    const note = `${text}\n${peterLine}${enochLine}`;
    for (const keys of [[peterKey], [enochKey], [peterKey, enochKey]]) {
      expect(await openNote(note, keys.map(verifierOf))).toMatchObject({
        text,
        verifiedBy: keys.map((key) => ({ name: key.split('+')[0] })),
      });
    }
    expect(await openNote(note, [])).toEqual({
      problem: 'it is signed by no known key (by PeterNeumann+c74f20a3, EnochRoot+af0cfe78)',
    });
  });

  it('are refused as a whole for one bad signature of a known key', async () => {
    const note = `${text}\n${peterLine}${enochLine.replace('BzmZa', 'BzmZb')}`;
    expect(await openNote(note, [peterKey, enochKey].map(verifierOf))).toMatchObject({
      problem: 'the signature of EnochRoot+af0cfe78 is not valid',
    });
    expect(await openNote(`${text.replace('your', 'our')}\n${peterLine}`, [verifierOf(peterKey)])).toHaveProperty(
      'problem',
    );
  });

  it.each([
    ['no signature', text],
    ['no blank line', `${text}${peterLine}`],
    ['an empty signature list', `${text}\n`],
    ['a missing last newline', `${text}\n${peterLine}`.slice(0, -1)],
    ['a control character', `a\u0000\n\n${peterLine}`],
    ['a plus sign in the key name', `a\n\n— a+b AAAAAAAA\n`],
    ['a hyphen for the dash', `a\n\n- ab AAAAAAAA\n`],
    ['a signature too short for a key id', `a\n\n— ab AAAA\n`],
    ['too many signatures', `${text}\n${peterLine.repeat(65)}`],
  ])('with %s are malformed', (_, note) => {
    expect(parseNote(note)).toBeNull();
  });

  it('has keys that no mangling leaves valid', () => {
    for (let i = 0; i < peterKey.length; i++) {
      const mangled = peterKey.slice(0, i) + String.fromCharCode(peterKey.charCodeAt(i) + 1) + peterKey.slice(i + 1);
      expect(parseVerifierKey(sha256, mangled, verifyEd25519)).toBeNull();
      expect(parseVerifierKey(sha256, peterKey.slice(i + 1), verifyEd25519)).toBeNull();
    }
  });
});

describe('checkpoints', () => {
  const checkpoint = { origin: 'log.example/audit', size: 2 ** 40, root: sha256(new Uint8Array()) };

  it('survive signing and opening', async () => {
    const { signer, verifier } = aSigner(checkpoint.origin);
    const note = await signCheckpoint(checkpoint, [signer]);
    expect(await openCheckpoint(note, [verifier])).toEqual({
      checkpoint: { ...checkpoint, root: new Uint8Array(checkpoint.root) },
    });
  });

  it('must be signed by the log itself, not only by somebody known', async () => {
    const witness = aSigner('witness.example');
    const note = await signCheckpoint(checkpoint, [witness.signer]);
    expect(await openCheckpoint(note, [witness.verifier])).toEqual({
      problem: 'it is not signed by the log log.example/audit itself',
    });
  });

  it.each([
    '',
    'o\n1\n',
    'o\n01\nAAAA\n',
    `o\n-1\n${root64()}\n`,
    `\n1\n${root64()}\n`,
    `o\n1\n${root64()}`,
    `o\n1\n${root64()}\n\n`,
    `o\n99999999999999999\n${root64()}\n`,
  ])('refuse the text %j', (broken) => {
    expect(parseCheckpoint(broken)).toBeNull();
  });

  it('allow extension lines', () => {
    expect(parseCheckpoint(`${formatCheckpoint(checkpoint)}extension\n`)).toMatchObject({ size: 2 ** 40 });
  });

  function root64() {
    return Buffer.from(sha256(new Uint8Array())).toString('base64');
  }
});

describe('tlog proofs', () => {
  it('verify offline, and only for their own record', async () => {
    const { signer, verifier } = aSigner('log.example');
    const [a, b] = [Buffer.from('first'), Buffer.from('second')];
    const root = nodeHash(sha256, leafHash(sha256, a), leafHash(sha256, b));
    const checkpoint = await signCheckpoint({ origin: 'log.example', size: 2, root }, [signer]);
    const proof = formatTlogProof({ index: 1, hashes: [leafHash(sha256, a)], checkpoint });
    expect(proof).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 1\n[\w+/]{43}=\n\nlog\.example\n2\n/);
    expect(await verifyTlogProof(sha256, proof, b, [verifier])).toMatchObject({ index: 1, checkpoint: { size: 2 } });
    expect(await verifyTlogProof(sha256, proof, a, [verifier])).toHaveProperty(
      'problem',
      'the record is not the one at index 1 of the log of 2 records',
    );
    expect(await verifyTlogProof(sha256, proof.replace('index 1', 'index 0'), b, [verifier])).toHaveProperty('problem');
    expect(await verifyTlogProof(sha256, proof, b, [aSigner('log.example').verifier])).toHaveProperty('problem');
    expect(await verifyTlogProof(sha256, `x${proof}`, b, [verifier])).toHaveProperty(
      'problem',
      'it is not in the form of a transparency log proof',
    );
  });

  it('keep extra data, empty paths and index 0', () => {
    const proof = { index: 0, hashes: [], checkpoint: 'o\n1\n\n', extra: Uint8Array.of(1, 2) };
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
  });
});

describe('tile paths', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, '0/000'],
    [{ level: 1, index: 999, width: 1 }, '1/999.p/1'],
    [{ level: 0, index: 1_234_067, width: 256 }, '0/x001/x234/067'],
    [{ level: 63, index: 1000, width: 255 }, '63/x001/000.p/255'],
  ])('of %j is %s, both ways', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('of entry bundles, both ways', () => {
    expect(entriesPath(1000, 17)).toBe('entries/x001/000.p/17');
    expect(parseTilePath('entries/x001/000.p/17')).toEqual({ entries: true, index: 1000, width: 17 });
  });

  it.each([
    '',
    '0',
    '0/0',
    '0/0000',
    '00/000',
    '64/000',
    '0/x000/001',
    '0/x001/1',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000/',
    '-1/000',
    '0/x001',
    '0/../000',
    'entries/',
    '0/x999/x999/x999/x999/x999/999',
  ])('refuse %j', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });
});

describe('entry bundles', () => {
  it('give back their leaves and notice a cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1 }), fc.nat(), (leaves, cut) => {
        const bundle = encodeEntryBundle(leaves);
        expect(decodeEntryBundle(bundle)).toEqual(leaves);
        const shorter = decodeEntryBundle(bundle.slice(0, cut % bundle.length));
        expect(shorter === null || shorter.length < leaves.length).toBe(true);
      }),
    );
  });

  it('carry a leaf of 65,535 bytes and none longer', () => {
    const longest = new Uint8Array(65_535).fill(1);
    expect(decodeEntryBundle(encodeEntryBundle([longest]))).toEqual([longest]);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow('longer than 65535');
  });
});
