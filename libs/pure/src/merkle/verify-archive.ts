import { encodeBase64 } from '../formats/index.js';
import { parseArchiveLine, parseManifest, type ArchiveLine, type ArchiveManifest } from './archive.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { LogVerifier, type Finding, type KnownHead } from './log-verifier.js';
import type { Sha256 } from './sha256.js';
import { parseVerifierKey, type Ed25519Verify, type NoteVerifier } from './signed-note.js';

export interface VerifyOptions {
  readonly sha256: Sha256;
  readonly verifyEd25519: Ed25519Verify;
  /** Keys that the verifier trusts, from elsewhere. Without them the log's own word is taken, and the report says so. */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Heads kept outside the log. */
  readonly known?: readonly KnownHead[] | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface VerificationReport {
  readonly ok: boolean;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly records: number;
  readonly checkpoints: number;
  /** Whether every record of the log was here. */
  readonly complete: boolean;
  readonly keysFrom: 'verifier' | 'log';
  readonly keys: readonly string[];
  /** The first is the first bad record. */
  readonly findings: readonly Finding[];
}

const encoder = new TextEncoder();

/** Verifies an export archive, line by line and without a server (see `archiveFormat`). */
export async function verifyArchive(lines: AsyncIterable<string>, options: VerifyOptions): Promise<VerificationReport> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const manifest = first.done ? null : parseManifest(first.value);
  if (manifest === null) return unreadable('this is no export of an audit log: its first line is not a manifest');
  const { keys, verifiers, keysFrom } = verifiersOf(manifest.keys, options);
  const opened = await openCheckpoint(manifest.checkpoint, verifiers);
  if ('problem' in opened) return unreadable(`the checkpoint can't be accepted: ${opened.problem}`, manifest.origin);
  const { checkpoint } = opened;
  const verifier = new LogVerifier(options.sha256, manifest.complete ? options.known : []);
  if (checkpoint.origin !== manifest.origin)
    verifier.report({
      index: null,
      id: null,
      problem: `the checkpoint is of the log ${checkpoint.origin}, the archive says ${manifest.origin}`,
    });

  const reader = new ArchiveReader(manifest, checkpoint, verifiers, verifier, options);
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) await reader.take(next.value);
  reader.end();
  return {
    ok: verifier.findings.length === 0,
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: encodeBase64(checkpoint.root),
    records: reader.records,
    checkpoints: reader.checkpoints,
    complete: manifest.complete,
    keysFrom,
    keys,
    findings: verifier.findings,
  };
}

/** What stands behind the manifest. */
class ArchiveReader {
  records = 0;
  checkpoints = 1;
  private ended = false;
  private firstIndex: number | null = null;
  private lastIndex = -1;
  private lines = 1;

  constructor(
    private readonly manifest: ArchiveManifest,
    private readonly checkpoint: Checkpoint,
    private readonly verifiers: readonly NoteVerifier[],
    private readonly verifier: LogVerifier,
    private readonly options: VerifyOptions,
  ) {}

  async take(text: string): Promise<void> {
    this.lines += 1;
    const line = parseArchiveLine(text);
    if (line === null)
      this.report(
        `line ${this.lines} can't be read: the record of index ${this.lastIndex + 1} or what follows it was damaged`,
      );
    else if (this.ended) this.report(`line ${this.lines} stands behind the end`);
    else await this.takeLine(line);
  }

  end(): void {
    const { manifest, checkpoint, verifier } = this;
    if (!this.ended) this.report(`the archive is cut off after ${this.records} of ${manifest.count} records`);
    if (this.records !== manifest.count)
      this.report(`the archive holds ${this.records} records, its manifest says ${manifest.count}`);
    if (this.records > 0 && (this.firstIndex !== manifest.first || this.lastIndex !== manifest.last)) {
      this.report(
        `the records here have indexes ${this.firstIndex} to ${this.lastIndex}, the manifest says ${manifest.first} to ${manifest.last}`,
      );
    }
    if (!manifest.complete) return;
    verifier.compareHead(checkpoint, 'the signed checkpoint');
    verifier.end();
  }

  private async takeLine(line: ArchiveLine): Promise<void> {
    switch (line.kind) {
      case 'end':
        this.ended = true;
        if (line.count !== this.records)
          this.report(`the end line counts ${line.count} records, ${this.records} are here`);
        return;
      case 'checkpoint':
        return this.takeCheckpoint(line.note);
      case 'record': {
        const given = { index: line.index, leaf: encoder.encode(line.leaf), hash: line.hash, row: line.row };
        if (this.manifest.complete) this.verifier.append(given);
        else if (line.index <= this.lastIndex)
          this.report(`the record of index ${line.index} stands behind that of index ${this.lastIndex}`);
        else this.verifier.checkInclusion(given, line.proof ?? [], this.checkpoint);
        this.firstIndex ??= line.index;
        this.lastIndex = line.index;
        this.records += 1;
        if (this.records % 1000 === 0) this.options.onProgress?.(this.records, this.manifest.count);
      }
    }
  }

  private async takeCheckpoint(note: string): Promise<void> {
    this.checkpoints += 1;
    const opened = await openCheckpoint(note, this.verifiers);
    if ('problem' in opened)
      this.report(`a checkpoint behind record ${this.lastIndex} can't be accepted: ${opened.problem}`);
    else if (this.manifest.complete)
      this.verifier.compareHead(opened.checkpoint, `the checkpoint of ${opened.checkpoint.size} records`);
  }

  private report(problem: string): void {
    this.verifier.report({ index: null, id: null, problem });
  }
}

/** The keys to verify under: the given ones, or else those that the log names. */
export function verifiersOf(
  named: readonly string[],
  { sha256, verifyEd25519, trustedKeys }: VerifyOptions,
): { keys: readonly string[]; verifiers: NoteVerifier[]; keysFrom: 'verifier' | 'log' } {
  const keys = trustedKeys ?? named;
  const verifiers = keys
    .map((key) => parseVerifierKey(sha256, key, verifyEd25519))
    .filter((verifier) => verifier !== null);
  return { keys, verifiers, keysFrom: trustedKeys === undefined ? 'log' : 'verifier' };
}

/** The report on something that is not even readable. */
export function unreadable(problem: string, origin = ''): VerificationReport {
  const findings = [{ index: null, id: null, problem }];
  return {
    ok: false,
    origin,
    size: 0,
    root: '',
    records: 0,
    checkpoints: 0,
    complete: false,
    keysFrom: 'log',
    keys: [],
    findings,
  };
}
