import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519KeyId, formatVerifierKey, type NoteSigner, type Sha256, signCheckpoint } from '@assay/pure/merkle';
import { afterAll, describe, expect, it } from 'vitest';
import { verificationText, verifyAudit } from './audit-verify.js';

const folder = mkdtempSync(join(tmpdir(), 'assay-verify-'));
const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
const name = 'log.example';
const signer: NoteSigner = {
  name,
  keyId: ed25519KeyId(sha256, name, raw),
  sign: (message) => sign(null, message, privateKey),
};
const key = formatVerifierKey(sha256, name, raw);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An archive of one record, written out by hand. */
async function anArchive(
  leaf = '{"id":"r0"}',
  hashed = leaf,
): Promise<{ file: string; root: Uint8Array; checkpoint: string }> {
  const root = sha256(Buffer.concat([Buffer.of(0), Buffer.from(hashed)]));
  const checkpoint = await signCheckpoint({ origin: name, size: 1, root }, [signer]);
  const columns = [
    'time',
    'workspace',
    'actorId',
    'actorKind',
    'onBehalfOf',
    'action',
    'targetType',
    'targetId',
    'targetVersion',
    'outcome',
    'requestId',
  ];
  const row = { id: 'r0', ...Object.fromEntries(columns.map((column) => [column, null])) };
  const lines = [
    {
      kind: 'manifest',
      format: 'assay-audit-archive/1',
      origin: name,
      keys: [key],
      filter: {},
      complete: true,
      count: 1,
      first: 0,
      last: 0,
      checkpoint,
    },
    { kind: 'record', index: 0, leaf, hash: Buffer.from(root).toString('base64'), row },
    { kind: 'end', count: 1 },
  ];
  return {
    file: write(`archive-${leaf.length}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    root,
    checkpoint,
  };
}

function write(file: string, text: string): string {
  const path = join(folder, file);
  writeFileSync(path, text);
  return path;
}

describe('verifying an archive', () => {
  it('needs no server, and says whose word the key is', async () => {
    const { file } = await anArchive();
    const own = await verifyAudit(file);
    expect(own).toMatchObject({ ok: true, records: 1, keysFrom: 'log' });
    expect(verificationText(own)).toContain(`give that by --key: ${key}`);
    const trusted = await verifyAudit(file, { keys: [key] });
    expect(verificationText(trusted)).toMatch(
      /^The audit log log\.example verifies: 1 records, all of them\.\nSigned root of 1 records: [\w+/]{43}=\n$/,
    );
  });

  it('names the first bad record', async () => {
    const { file } = await anArchive('{"id":"changed"}', '{"id":"r0"}');
    const report = await verifyAudit(file, { keys: [key] });
    expect(report.ok).toBe(false);
    expect(verificationText(report)).toContain(
      'does NOT verify.\n  record 0 (r0): its content is not what was hashed into the log',
    );
  });

  it('compares with checkpoints that were kept, as notes or as headers', async () => {
    const { file, root, checkpoint } = await anArchive();
    const root64 = Buffer.from(root).toString('base64');
    const kept = [
      write('note.txt', checkpoint),
      write('header.txt', `Assay-Checkpoint: 1 ${root64}\n`),
      write('bare.txt', `1 ${root64}`),
    ];
    expect(await verifyAudit(file, { keys: [key], checkpointFiles: kept })).toMatchObject({ ok: true });
    const longer = write('longer.txt', `5 ${root64}`);
    expect(verificationText(await verifyAudit(file, { keys: [key], checkpointFiles: [longer] }))).toContain(
      'its end was cut off',
    );
  });

  it('says in one sentence what it can not read', async () => {
    await expect(verifyAudit(join(folder, 'none'))).rejects.toThrow('There is no file');
    const junk = write('junk.txt', 'junk');
    await expect(verifyAudit(junk, { checkpointFiles: [junk] })).rejects.toThrow('holds no checkpoint');
    expect(verificationText(await verifyAudit(junk))).toContain('this is no export of an audit log');
  });
});
