import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import type { ArtifactOwnerKind } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { FolderEntry, StoredFile } from './artifact.js';

export interface FileOwner {
  readonly kind: ArtifactOwnerKind;
  readonly id: string;
}

/** Who writes: a job does in somebody's name. */
type Writer = Pick<Actor, 'id' | 'onBehalfOf'>;

interface FileRow {
  path: string;
  blob_key: string;
  size: string;
  sha256: string;
}

const below = `owner_kind = $1 and owner_id = $2 and ($3 = '' or starts_with(path, $3 || '/'))`;

/** Rows of files: where the bytes of an owner's path lie, and their digest. */
@Injectable()
export class FileStore {
  async find(tx: Tx, owner: FileOwner, path: string): Promise<StoredFile | null> {
    const [row]: FileRow[] = await tx.query(
      'select path, blob_key, size, sha256 from tracking.file where owner_kind = $1 and owner_id = $2 and path = $3',
      [owner.kind, owner.id, path],
    );
    return row === undefined
      ? null
      : { path: row.path, blobKey: row.blob_key, size: Number(row.size), sha256: row.sha256 };
  }

  /** Whether a path is a folder: something lies below it. The root always is. */
  async isFolder(tx: Tx, owner: FileOwner, path: string): Promise<boolean> {
    if (path === '') return true;
    const rows: unknown[] = await tx.query(`select 1 from tracking.file where ${below} limit 1`, [
      owner.kind,
      owner.id,
      path,
    ]);
    return rows.length > 0;
  }

  /** The first of some paths that is a file. */
  async firstFile(tx: Tx, owner: FileOwner, paths: readonly string[]): Promise<string | null> {
    const [row]: { path: string }[] = await tx.query(
      'select path from tracking.file where owner_kind = $1 and owner_id = $2 and path = any($3) limit 1',
      [owner.kind, owner.id, paths],
    );
    return row?.path ?? null;
  }

  async list(tx: Tx, owner: FileOwner, folder: string): Promise<FolderEntry[]> {
    const rows: { name: string; is_folder: boolean; size: string }[] = await tx.query(
      `select split_part(rest, '/', 1) as name, bool_or(position('/' in rest) > 0) as is_folder, max(size) as size
         from (select case when $3 = '' then path else substr(path, length($3) + 2) end as rest, size from tracking.file where ${below}) as file
         group by name order by split_part(rest, '/', 1) collate "C"`,
      [owner.kind, owner.id, folder],
    );
    return rows.map((row) => ({ name: row.name, isFolder: row.is_folder, size: Number(row.size) }));
  }

  /** Names a path's bytes; a path that had others gets these instead. The database keeps who wrote them among the owner's contributors. */
  async put(tx: Tx, owner: FileOwner, file: StoredFile, by: Writer, createdMs: number): Promise<void> {
    await tx.query(
      `insert into tracking.file (owner_kind, owner_id, path, blob_key, size, sha256, created_ms, written_by) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict on constraint file_pk do update set blob_key = excluded.blob_key, size = excluded.size, sha256 = excluded.sha256,
           created_ms = excluded.created_ms, written_by = excluded.written_by`,
      [owner.kind, owner.id, file.path, file.blobKey, file.size, file.sha256, createdMs, writerId(by)],
    );
  }

  /** Keeps who writes into a run or logged model without a file's row: the parts of a file that another may complete. */
  async contribute(tx: Tx, owner: FileOwner, by: Writer, sinceMs: number): Promise<void> {
    if (owner.kind === 'trace') return;
    await tx.query(
      'insert into tracking.contributor (owner_kind, owner_id, actor_id, since_ms) values ($1, $2, $3, $4) on conflict do nothing',
      [owner.kind, owner.id, writerId(by), sinceMs],
    );
  }

  /** Forgets a file, or a folder with everything below it. */
  async remove(tx: Tx, owner: FileOwner, path: string): Promise<void> {
    await tx.query(`delete from tracking.file where (${below}) or (owner_kind = $1 and owner_id = $2 and path = $3)`, [
      owner.kind,
      owner.id,
      path,
    ]);
  }
}

function writerId({ id, onBehalfOf }: Writer): string {
  return onBehalfOf ?? id;
}
