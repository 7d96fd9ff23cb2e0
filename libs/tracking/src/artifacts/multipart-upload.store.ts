import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { FileOwner } from './file.store.js';

/** A file on its way into the store in parts. */
export interface MultipartUpload {
  readonly id: string;
  readonly path: string;
  readonly blobKey: string;
  /** The store's own id of the upload. */
  readonly storageUploadId: string;
  readonly partCount: number;
}

interface UploadRow {
  id: string;
  path: string;
  blob_key: string;
  storage_upload_id: string;
  part_count: string;
  completed_ms: string | null;
}

@Injectable()
export class MultipartUploadStore {
  async insert(tx: Tx, owner: FileOwner, upload: MultipartUpload, createdMs: number): Promise<void> {
    await tx.query(
      `insert into tracking.multipart_upload (id, owner_kind, owner_id, path, blob_key, storage_upload_id, part_count, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        upload.id,
        owner.kind,
        owner.id,
        upload.path,
        upload.blobKey,
        upload.storageUploadId,
        upload.partCount,
        createdMs,
      ],
    );
  }

  /** The upload of that id to that very file, held until the transaction ends; null for any other, and for one that was given up. */
  async lock(
    tx: Tx,
    owner: FileOwner,
    path: string,
    id: string,
  ): Promise<(MultipartUpload & { completed: boolean }) | null> {
    const [row]: UploadRow[] = await tx.query(
      `select * from tracking.multipart_upload where id = $1 and owner_kind = $2 and owner_id = $3 and path = $4 and discarded_ms is null for update`,
      [id, owner.kind, owner.id, path],
    );
    return row === undefined ? null : { ...toUpload(row), completed: row.completed_ms !== null };
  }

  async markCompleted(tx: Tx, id: string, completedMs: number): Promise<void> {
    await tx.query('update tracking.multipart_upload set completed_ms = $2 where id = $1', [id, completedMs]);
  }

  /** Gives an upload up: nobody can complete it any more. False where it has become a file. */
  async discard(tx: Tx, id: string, discardedMs: number): Promise<boolean> {
    await tx.query(
      'update tracking.multipart_upload set discarded_ms = coalesce(discarded_ms, $2) where id = $1 and completed_ms is null',
      [id, discardedMs],
    );
    const completed: unknown[] = await tx.query(
      'select 1 from tracking.multipart_upload where id = $1 and completed_ms is not null',
      [id],
    );
    return completed.length === 0;
  }

  /** Forgets uploads that became files before a time, and gives up those that were begun before it and never became one. */
  async discardBefore(tx: Tx, beforeMs: number, discardedMs: number): Promise<void> {
    await tx.query('delete from tracking.multipart_upload where created_ms < $1 and completed_ms < $1', [beforeMs]);
    await tx.query(
      'update tracking.multipart_upload set discarded_ms = $2 where created_ms < $1 and completed_ms is null and discarded_ms is null',
      [beforeMs, discardedMs],
    );
  }

  /** Some of the uploads that were given up until a time, behind an id. */
  async discarded(tx: Tx, untilMs: number, afterId: string, most: number): Promise<MultipartUpload[]> {
    const rows: UploadRow[] = await tx.query(
      'select * from tracking.multipart_upload where discarded_ms <= $1 and id > $2 order by id limit $3',
      [untilMs, afterId, most],
    );
    return rows.map(toUpload);
  }

  /** Forgets an upload whose bytes are gone. */
  async remove(tx: Tx, id: string): Promise<void> {
    await tx.query('delete from tracking.multipart_upload where id = $1', [id]);
  }
}

function toUpload(row: UploadRow): MultipartUpload {
  return {
    id: row.id,
    path: row.path,
    blobKey: row.blob_key,
    storageUploadId: row.storage_upload_id,
    partCount: Number(row.part_count),
  };
}
