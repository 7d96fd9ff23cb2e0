import { emptyRoot, nodeHash } from './hash.js';
import type { Sha256 } from './sha256.js';

/**
 * A growing RFC 6962 tree in logarithmic memory: the roots of the perfect subtrees that its leaves fill, left to right. Enough
 * for the root of each size passed, so a log of any length is verified as a stream.
 */
export class CompactTree {
  private readonly peaks: { readonly leaves: number; readonly hash: Uint8Array }[] = [];
  private leaves = 0;

  constructor(private readonly sha256: Sha256) {}

  get size(): number {
    return this.leaves;
  }

  /** Appends one leaf by its leaf hash. */
  append(hash: Uint8Array): void {
    let peak = { leaves: 1, hash };
    for (let left = this.peaks.at(-1); left?.leaves === peak.leaves; left = this.peaks.at(-1)) {
      this.peaks.pop();
      peak = { leaves: 2 * peak.leaves, hash: nodeHash(this.sha256, left.hash, peak.hash) };
    }
    this.peaks.push(peak);
    this.leaves += 1;
  }

  /** The Merkle tree hash of all leaves so far. */
  root(): Uint8Array {
    const [last, ...others] = this.peaks.toReversed();
    if (last === undefined) return emptyRoot(this.sha256);
    return others.reduce((right, left) => nodeHash(this.sha256, left.hash, right), last.hash);
  }
}
