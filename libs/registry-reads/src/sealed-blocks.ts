import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** What is known of a sealed file's bytes. */
export interface SealedBlob {
  readonly size: number;
  /** Of the whole, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of each block, one after the other; null for a file of one block, and until they were made. */
  readonly blocks: Buffer | null;
}

/** By which digests a part of a sealed file can be checked: asked by tracking when somebody reads a range. */
@Injectable()
export class SealedBlocks {
  /** Null for bytes that no version has sealed. */
  async ofBlob(tx: Tx, blobKey: string): Promise<SealedBlob | null> {
    const rows: { size: string; sha256: string; blocks: Buffer | null }[] = await tx.query(
      `select f.size, f.sha256, b.digests as blocks from registry.version_file f
         left join registry.blob_block b on b.blob_key = f.blob_key where f.blob_key = $1 limit 1`,
      [blobKey],
    );
    const [row] = rows;
    return row === undefined ? null : { ...row, size: Number(row.size) };
  }
}
