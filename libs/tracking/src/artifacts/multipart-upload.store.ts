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

  /** The upload of that id to that very file, held until the transaction ends; null for any other. */
  async lock(
    tx: Tx,
    owner: FileOwner,
    path: string,
    id: string,
  ): Promise<(MultipartUpload & { completed: boolean }) | null> {
    const [row]: UploadRow[] = await tx.query(
      `select * from tracking.multipart_upload where id = $1 and owner_kind = $2 and owner_id = $3 and path = $4 for update`,
      [id, owner.kind, owner.id, path],
    );
    return row === undefined ? null : { ...toUpload(row), completed: row.completed_ms !== null };
  }

  async markCompleted(tx: Tx, id: string, completedMs: number): Promise<void> {
    await tx.query('update tracking.multipart_upload set completed_ms = $2 where id = $1', [id, completedMs]);
  }

  async remove(tx: Tx, id: string): Promise<void> {
    await tx.query('delete from tracking.multipart_upload where id = $1', [id]);
  }

  /** Forgets uploads begun before a time, and completed before it if they were; answers those that never became a file. */
  async removeBefore(tx: Tx, beforeMs: number): Promise<MultipartUpload[]> {
    // TypeORM answers a DELETE with [rows, count].
    const [rows]: [UploadRow[], number] = await tx.query(
      'delete from tracking.multipart_upload where created_ms < $1 and coalesce(completed_ms, 0) < $1 returning *',
      [beforeMs],
    );
    return rows.filter((row) => row.completed_ms === null).map(toUpload);
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
