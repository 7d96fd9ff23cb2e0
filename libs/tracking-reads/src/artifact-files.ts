import { inTransaction, type Tx } from '@assay/platform/database';
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

/** A file, or a folder with all below it, of an owner; the empty path means everything. */
export interface ArtifactFolder {
  readonly kind: ArtifactOwnerKind;
  readonly id: string;
  readonly path: string;
}

const filesUnder = {
  name: 'artifact-files-under',
  text: `select asked.place, f.path, f.blob_key, f.size, f.sha256
    from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked (kind, id, path, place)
      join tracking.file f on f.owner_kind = asked.kind and f.owner_id = asked.id
        and (asked.path = '' or f.path = asked.path or starts_with(f.path, asked.path || '/'))
    order by asked.place, f.path collate "C"`,
};

/** The files of runs and logged models. */
export class ArtifactFiles {
  /** The files of each folder, by path. */
  async under(tx: Tx, folders: readonly ArtifactFolder[]): Promise<ArtifactFile[][]> {
    const found = folders.map((): ArtifactFile[] => []);
    if (folders.length === 0) return found;
    const rows = await inTransaction(tx).run<{
      place: string;
      path: string;
      blob_key: string;
      size: string;
      sha256: string;
    }>(filesUnder, [folders.map(({ kind }) => kind), folders.map(({ id }) => id), folders.map(({ path }) => path)]);
    for (const { place, path, blob_key: blobKey, size, sha256 } of rows)
      found[Number(place) - 1]?.push({ path, blobKey, size: Number(size), sha256 });
    return found;
  }
}
