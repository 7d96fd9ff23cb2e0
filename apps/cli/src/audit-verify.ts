import { createHash, createPublicKey, hash, verify } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { auditKeysResponse } from '@assay/contracts';
import { decodeBase64 } from '@assay/pure/formats';
import {
  type Ed25519Verify,
  hashSize,
  type KnownHead,
  peekCheckpoint,
  type Sha256,
  type VerificationReport,
  verifyArchive,
  type VerifyOptions,
  verifyServedLog,
} from '@assay/pure/merkle';
import { ApiClient } from './api-client.js';
import { CliError, exitCodes } from './exit-codes.js';

export interface AuditVerifyOptions {
  /** Keys that the caller trusts (`name+id+base64`); else the log's own word is taken, which the report says. */
  readonly keys?: readonly string[] | undefined;
  /** Files with checkpoints kept earlier: signed notes, or the text of an Assay-Checkpoint header. */
  readonly checkpointFiles?: readonly string[] | undefined;
  /** For a server: an auditor's token. */
  readonly token?: string | null | undefined;
  readonly request?: typeof fetch | undefined;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const verifyEd25519: Ed25519Verify = (key, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }, format: 'jwk' }),
    signature,
  );

/** Verifies an audit log: an archive in a file, without any server, or the log that a server serves, by its address. */
export async function verifyAudit(source: string, options: AuditVerifyOptions = {}): Promise<VerificationReport> {
  const known = (options.checkpointFiles ?? []).map(readKnownHead);
  const trustedKeys = options.keys === undefined || options.keys.length === 0 ? undefined : options.keys;
  const shared = { sha256, verifyEd25519, trustedKeys, known };
  if (/^https?:\/\//.test(source)) return verifyServer(source, shared, options);
  if (!existsSync(source)) throw new CliError(`There is no file ${source}.`, exitCodes.notFound);
  const onProgress = (done: number, total: number): void => options.onProgress?.('records', done, total);
  return verifyArchive(linesOf(createReadStream(source)), { ...shared, onProgress });
}

/** First the tiles and entries as served, then every row as the database holds it, against the same signed root. */
async function verifyServer(
  server: string,
  shared: VerifyOptions,
  options: AuditVerifyOptions,
): Promise<VerificationReport> {
  const client = new ApiClient(server, options.token ?? null, options.request);
  const { keys } = await client.get('/api/v1/audit/keys', auditKeysResponse);
  const read = async (path: string): Promise<Uint8Array> => {
    const response = await client.send('GET', `/log/${path}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const tiles = (done: number, total: number): void => options.onProgress?.('tiles and entries', done, total);
  const named = keys.map(({ verifierKey }) => verifierKey);
  const served = await verifyServedLog(read, named, { ...shared, onProgress: tiles });
  const root = decodeBase64(served.root);
  if (!served.ok || root?.length !== hashSize) return served;
  const { body } = await client.send('GET', '/api/v1/audit/export');
  if (body === null) throw new CliError('The server answered the export with nothing.');
  const rows = (done: number, total: number): void => options.onProgress?.('rows', done, total);
  const exported = await verifyArchive(linesOf(Readable.fromWeb(body)), {
    ...shared,
    trustedKeys: served.keys,
    known: [{ size: served.size, root }],
    onProgress: rows,
  });
  return { ...exported, keysFrom: served.keysFrom };
}

/** What a report says, for people: the verdict first, then the first bad record. */
export function verificationText(report: VerificationReport): string {
  const { ok, origin, size, root, records, complete, keysFrom, keys, checkpoints, findings } = report;
  const lines = ok
    ? [
        `The audit log ${origin} verifies: ${records} ${complete ? 'records, all of them' : `of its ${size} records, each by its proof`}.`,
        `Signed root of ${size} records: ${root}${checkpoints > 1 ? ` (and ${checkpoints - 1} earlier checkpoints)` : ''}`,
      ]
    : [`The audit log${origin === '' ? '' : ` ${origin}`} does NOT verify.`, ...findings.map(findingText)];
  if (keysFrom === 'log' && keys.length > 0) {
    lines.push(
      `The signing key is the log's own word. Compare it with one kept elsewhere, and give that by --key: ${fingerprint(keys)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function findingText({ index, id, problem }: VerificationReport['findings'][number]): string {
  const record = index === null ? 'log' : `record ${index}${id === null ? '' : ` (${id})`}`;
  return `  ${record}: ${problem}`;
}

function fingerprint(keys: readonly string[]): string {
  return keys.map((key) => (key.length < 200 ? key : createHash('sha256').update(key).digest('hex'))).join(' ');
}

/** Reads a checkpoint that was kept: a signed note, or `size root` as the header Assay-Checkpoint has it. */
function readKnownHead(file: string): KnownHead {
  if (!existsSync(file)) throw new CliError(`There is no file ${file}.`, exitCodes.notFound);
  const text = readFileSync(file, 'utf8');
  const note = peekCheckpoint(text);
  if (note !== null) return note;
  const [, size, encoded] = /^(?:assay-checkpoint:\s*)?(\d{1,15}) (\S+)\s*$/i.exec(text) ?? [];
  const root = decodeBase64(encoded ?? '');
  if (size === undefined || root?.length !== hashSize)
    throw new CliError(`${file} holds no checkpoint: neither a signed note nor "SIZE ROOT".`, exitCodes.usage);
  return { size: Number(size), root };
}

function linesOf(input: NodeJS.ReadableStream): AsyncIterable<string> {
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
