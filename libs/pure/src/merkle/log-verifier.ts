import { encodeBase64 } from '../formats/index.js';
import { parseJson } from './archive.js';
import { CompactTree } from './compact-tree.js';
import { leafHash, sameHash } from './hash.js';
import { differingColumn, leafColumns } from './leaf-columns.js';
import { verifyInclusion } from './proof.js';
import type { Sha256 } from './sha256.js';

/** Something wrong with a log, and which record it is about, as far as that can be told. */
export interface Finding {
  readonly index: number | null;
  readonly id: string | null;
  readonly problem: string;
}

/** A tree head that was kept outside the log: a checkpoint, or the size and root of a response header. */
export interface KnownHead {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface GivenRecord {
  readonly index: number;
  readonly leaf: Uint8Array;
  /** The leaf's hash as the log's tiles hold it. */
  readonly hash: Uint8Array;
  /** The row's search columns as the database holds them, where they are at hand. */
  readonly row?: Readonly<Record<string, string | null>> | undefined;
}

const maxFindings = 100;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks a log record by record in memory that does not grow with it. The tree is built from the hashes that the tiles hold: if its root is the
 * signed one, they are authentic, and a record that doesn't hash to its own is the one that was changed.
 */
export class LogVerifier {
  private readonly tree: CompactTree;
  private readonly heads: KnownHead[];
  private readonly found: Finding[] = [];
  private agreedUpTo = 0;

  /** @param heads what is known from elsewhere; compared whenever the tree has their size. */
  constructor(
    private readonly sha256: Sha256,
    heads: readonly KnownHead[] = [],
  ) {
    this.tree = new CompactTree(sha256);
    this.heads = [...heads].sort((a, b) => a.size - b.size);
    this.compareKnownHeads();
  }

  /** Records checked so far. */
  get size(): number {
    return this.tree.size;
  }

  /** What is wrong, in the order found; at most the first hundred. */
  get findings(): readonly Finding[] {
    return this.found;
  }

  root(): Uint8Array {
    return this.tree.root();
  }

  /** Takes the next record of the log. */
  append(given: GivenRecord): void {
    if (given.index !== this.tree.size) {
      this.report({
        index: this.tree.size,
        id: recordId(given.leaf),
        problem: `the record of index ${this.tree.size} is missing: the next one has index ${given.index}`,
      });
    }
    this.checkRecord(given);
    this.tree.append(given.hash);
    this.compareKnownHeads();
  }

  /** Checks one record apart from the tree: its hash, and that its row says what it says. */
  checkRecord({ index, leaf, hash, row }: GivenRecord): void {
    if (!sameHash(leafHash(this.sha256, leaf), hash)) {
      this.report({
        index,
        id: row?.['id'] ?? recordId(leaf),
        problem: 'its content is not what was hashed into the log',
      });
      return;
    }
    if (row === undefined) return;
    const columns = leafColumns(parseJson(decode(leaf) ?? ''));
    const column = differingColumn(row, columns);
    if (column === null) return;
    this.report({
      index,
      id: columns.id,
      problem: `its row in the database says ${column} ${JSON.stringify(row[column] ?? null)}, the log says ${JSON.stringify(columns[column])}`,
    });
  }

  /** Checks one record by its audit path against a verified checkpoint. */
  checkInclusion(given: GivenRecord, proof: readonly Uint8Array[], head: KnownHead): void {
    this.checkRecord(given);
    if (verifyInclusion(this.sha256, given.index, head.size, given.hash, proof, head.root)) return;
    this.report({
      index: given.index,
      id: recordId(given.leaf),
      problem: `its proof does not lead to the signed root of the log of ${head.size} records`,
    });
  }

  /** Compares the tree as far as built with a head of the same size. */
  compareHead(head: KnownHead, what: string): void {
    if (head.size !== this.tree.size) {
      this.report({
        index: null,
        id: null,
        problem: `${what} is of ${head.size} records, but ${this.tree.size} are here`,
      });
    } else if (sameHash(head.root, this.tree.root())) {
      this.agreedUpTo = head.size;
    } else {
      const range =
        this.agreedUpTo < head.size
          ? `one of the records ${this.agreedUpTo} to ${head.size - 1} was changed`
          : 'the tree was changed';
      this.report({
        index: this.agreedUpTo < head.size ? this.agreedUpTo : null,
        id: null,
        problem: `${what} has the root ${encodeBase64(head.root)}, the records here give ${encodeBase64(this.tree.root())}: ${range}`,
      });
    }
  }

  /** Ends the log: what is known from elsewhere may not be longer than it. */
  end(): void {
    for (const head of this.heads) {
      this.report({
        index: this.tree.size,
        id: null,
        problem: `a checkpoint of ${head.size} records was kept outside, but the log ends after ${this.tree.size}: its end was cut off`,
      });
    }
    this.heads.length = 0;
  }

  report(finding: Finding): void {
    if (this.found.length < maxFindings) this.found.push(finding);
  }

  private compareKnownHeads(): void {
    for (let head = this.heads[0]; head?.size === this.tree.size; head = this.heads[0]) {
      this.heads.shift();
      this.compareHead(head, `the checkpoint of ${head.size} records that was kept outside`);
    }
  }
}

function recordId(leaf: Uint8Array): string | null {
  return leafColumns(parseJson(decode(leaf) ?? '')).id;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
