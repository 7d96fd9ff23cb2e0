import type { Tx } from '@assay/platform/database';
import type { ArtifactOwnerKind } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';

/** A version whose files lie at, around or below a path. */
export interface SealedBy {
  readonly model: string;
  readonly version: number;
}

/** Which files of runs and logged models are sealed: asked by tracking before it writes or deletes one. */
@Injectable()
export class SealedFiles {
  /**
   * The version that seals a path of an owner, or null. A path is sealed when it is the source of a version, lies below it (a new file
   * beside sealed ones included), or is a folder above it. A deleted version stays sealed. Hold the owner's row first.
   */
  async covers(tx: Tx, file: { kind: ArtifactOwnerKind; id: string; path: string }): Promise<SealedBy | null> {
    const rows: { model: string; version: string }[] = await tx.query(
      `select m.name as model, v.version from registry.model_version v join registry.registered_model m on m.id = v.model_id
         where v.owner_kind = $1 and v.owner_id = $2
           and (v.owner_path = '' or $3 = '' or v.owner_path = $3 or starts_with($3, v.owner_path || '/') or starts_with(v.owner_path, $3 || '/'))
         order by v.created_at, v.model_id limit 1`,
      [file.kind, file.id, file.path],
    );
    const [found] = rows;
    return found === undefined ? null : { model: found.model, version: Number(found.version) };
  }
}
