import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A sealed file whose blocks have no digests yet. */
export interface DueBlob {
  readonly blobKey: string;
  /** Of the whole file, as it was sealed. */
  readonly sha256: string;
}

/** Digests of the blocks of large sealed files. Registering a version names those that are due. */
@Injectable()
export class BlobBlockStore {
  /** The next due file that was not tried since an instant. */
  async due(tx: Tx, notTriedSince: Date): Promise<DueBlob | null> {
    const rows: DueBlob[] = await tx.query(
      `select blob_key as "blobKey", sha256 from registry.blob_block
         where digests is null and (tried_at is null or tried_at < $1) order by tried_at nulls first limit 1`,
      [notTriedSince],
    );
    return rows[0] ?? null;
  }

  async keep(tx: Tx, blobKey: string, digests: Buffer): Promise<void> {
    await tx.query('update registry.blob_block set digests = $2 where blob_key = $1', [blobKey, digests]);
  }

  async markTried(tx: Tx, blobKey: string, at: Date): Promise<void> {
    await tx.query('update registry.blob_block set tried_at = $2 where blob_key = $1', [blobKey, at]);
  }
}
