import type { Tx } from '@assay/platform/database';
import type { ArtifactOwnerKind } from '@assay/pure/mlflow-wire';

/** One stored file of an owner. */
export interface ArtifactFile {
  /** Relative to the owner's root. */
  readonly path: string;
  readonly blobKey: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The files of runs and logged models. */
export class ArtifactFiles {
  /** The file at a path and everything below it, by path; the empty path means all. */
  async under(tx: Tx, owner: { kind: ArtifactOwnerKind; id: string }, path: string): Promise<ArtifactFile[]> {
    const rows: { path: string; blob_key: string; size: string; sha256: string }[] = await tx.query(
      `select path, blob_key, size, sha256 from tracking.file
         where owner_kind = $1 and owner_id = $2 and ($3 = '' or path = $3 or starts_with(path, $3 || '/')) order by path collate "C"`,
      [owner.kind, owner.id, path],
    );
    return rows.map((row) => ({ path: row.path, blobKey: row.blob_key, size: Number(row.size), sha256: row.sha256 }));
  }
}
