import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anArchive } from './archive.builder.js';
import type { Ed25519Verify, NoteSigner } from './signed-note.js';
import { ed25519KeyId, formatVerifierKey } from './signed-note.js';
import type { Sha256 } from './sha256.js';
import { verifyArchive, type VerificationReport, type VerifyOptions } from './verify-archive.js';

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const verifyEd25519: Ed25519Verify = (key, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }, format: 'jwk' }),
    signature,
  );
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
const name = 'log.example/audit';
const signer: NoteSigner = {
  name,
  keyId: ed25519KeyId(sha256, name, raw),
  sign: (message) => sign(null, message, privateKey),
};
const key = formatVerifierKey(sha256, name, raw);
const sketch = { sha256, signer, key };

async function report(lines: readonly string[], options: Partial<VerifyOptions> = {}): Promise<VerificationReport> {
  return verifyArchive(asStream(lines), { sha256, verifyEd25519, trustedKeys: [key], ...options });
}

async function* asStream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const whole = await anArchive({ ...sketch, records: 320, signedAt: [1, 256, 300, 319] });
const part = await anArchive({ ...sketch, records: 320, only: [0, 5, 255, 256, 311, 319] });

const small = await anArchive({ ...sketch, records: 20, signedAt: [1, 11] });
const smallPart = await anArchive({ ...sketch, records: 20, only: [0, 7, 19] });

/** Changes one record of an archive by its index. */
function edit(lines: readonly string[], index: number, change: (record: Record<string, string>) => object): string[] {
  return lines.map((line) => {
    const record = JSON.parse(line);
    return record.kind === 'record' && record.index === index ? JSON.stringify({ ...record, ...change(record) }) : line;
  });
}

describe('verifyArchive', () => {
  it('accepts an untouched archive, whole or in part', async () => {
    expect(await report(whole)).toMatchObject({
      ok: true,
      complete: true,
      records: 320,
      size: 320,
      checkpoints: 5,
      origin: name,
      keysFrom: 'verifier',
      findings: [],
    });
    expect(await report(part)).toMatchObject({ ok: true, complete: false, records: 6, size: 320, findings: [] });
    expect(await report(whole, { trustedKeys: undefined })).toMatchObject({ ok: true, keysFrom: 'log', keys: [key] });
  });

  it('names the record whose content was changed', async () => {
    for (const lines of [whole, part]) {
      const { findings } = await report(
        edit(lines, 255, (record) => ({ leaf: record['leaf']?.replace('person-3', 'person-4') })),
      );
      expect(findings).toEqual([
        { index: 255, id: 'record-255', problem: 'its content is not what was hashed into the log' },
      ]);
    }
  });

  it('names the record whose row says something else, and where', async () => {
    const { findings } = await report(
      edit(whole, 17, (record) => ({ row: { ...Object(record['row']), targetId: 'other' } })),
    );
    expect(findings).toEqual([
      { index: 17, id: 'record-17', problem: 'its row in the database says targetId "other", the log says "model-17"' },
    ]);
  });

  it('narrows a record that was changed together with its hash down to the checkpoints around it', async () => {
    const forged = edit(whole, 270, (record) => {
      const leaf = String(record['leaf']).replace('person', 'nobody');
      return {
        leaf,
        hash: Buffer.from(sha256(Buffer.concat([Buffer.of(0), Buffer.from(leaf)]))).toString('base64'),
        row: { ...Object(record['row']), actorId: 'nobody-4' },
      };
    });
    const { findings } = await report(forged);
    expect(findings[0]).toMatchObject({
      index: 256,
      problem: expect.stringContaining('one of the records 256 to 299 was changed'),
    });
  });

  it('finds records left out, doubled, in another order, or behind the end', async () => {
    const at = (index: number) => whole.findIndex((line) => line.includes(`"index":${index},`));
    const without = whole.filter((_, i) => i !== at(40));
    expect((await report(without)).findings[0]).toMatchObject({
      index: 40,
      problem: 'the record of index 40 is missing: the next one has index 41',
    });
    expect((await report(whole.toSpliced(at(40), 0, whole[at(40)] ?? ''))).ok).toBe(false);
    expect(
      (await report(whole.with(at(40), whole[at(41)] ?? '').with(at(41), whole[at(40)] ?? ''))).findings[0],
    ).toMatchObject({ index: 40 });
    expect((await report([...whole, whole[5] ?? ''])).ok).toBe(false);
    expect((await report([part[0] ?? '', part[2] ?? '', part[1] ?? '', ...part.slice(3)])).ok).toBe(false);
  });

  it('finds an archive that was cut off, anywhere', async () => {
    for (const length of [1, 2, 300, whole.length - 1]) expect((await report(whole.slice(0, length))).ok).toBe(false);
    expect((await report([])).findings[0]?.problem).toContain('this is no export of an audit log');
  });

  it('accepts no key but the trusted one, and no checkpoint of another log', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
    const stranger = formatVerifierKey(sha256, name, Buffer.from(other, 'base64url'));
    expect((await report(whole, { trustedKeys: [stranger] })).findings[0]?.problem).toContain('signed by no known key');
    expect(
      (await report([whole[0]?.replace('"origin":"log.example', '"origin":"log2.example') ?? '', ...whole.slice(1)]))
        .ok,
    ).toBe(false);
  });

  it('finds any change of one character, and never fails otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('0', 'x', '"', ' ', 'é', '}'),
        async (partly, pick, place, put) => {
          const lines = partly ? smallPart : small;
          const which = pick % lines.length;
          const line = lines[which] ?? '';
          const at = place % line.length;
          const damaged = lines.with(which, line.slice(0, at) + put + line.slice(at + 1));
          const same = damaged[which] === line || sameMeaning(damaged[which] ?? '', line);
          expect((await report(damaged)).ok).toBe(same);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Blanks, the keys where they are not trusted anyway, and the filter say nothing that is verified. */
function sameMeaning(a: string, b: string): boolean {
  const meaning = (line: string): string | null => {
    try {
      const { keys: _keys, filter: _filter, ...rest } = JSON.parse(line);
      return JSON.stringify(rest);
    } catch {
      return null;
    }
  };
  return meaning(a) === meaning(b);
}
