import type { Tx } from '@assay/platform/database';
import type { ArtifactOwnerKind } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';

/** A version whose files lie at, around or below a path, or whose evaluation rests on the file there. */
export interface SealedBy {
  readonly model: string;
  readonly version: number;
  /** Evaluation whose scores the file holds; null where it is one of the version's own files. */
  readonly evaluation: string | null;
}

/** Which files of runs and logged models are sealed: asked by tracking before it writes or deletes one. */
@Injectable()
export class SealedFiles {
  /**
   * The version that seals a path of an owner, or null. A path is sealed when it is the source of a version, lies below it (a new file
   * beside sealed ones included), or is a folder above it; so is the file of scores that a run's evaluation names. A deleted version stays
   * sealed. Hold the owner's row first.
   */
  async covers(tx: Tx, file: { kind: ArtifactOwnerKind; id: string; path: string }): Promise<SealedBy | null> {
    const rows: { model: string; version: string; evaluation: string | null }[] = await tx.query(
      `(select m.name as model, v.version, null as evaluation
          from registry.model_version v join registry.registered_model m on m.id = v.model_id
          where v.owner_kind = $1 and v.owner_id = $2
            and (v.owner_path = '' or $3 = '' or v.owner_path = $3 or starts_with($3, v.owner_path || '/') or starts_with(v.owner_path, $3 || '/'))
          order by v.created_at, v.model_id limit 1)
       union all
       (select m.name, e.version, e.id from registry.evaluation e join registry.registered_model m on m.id = e.model_id,
            lateral (select e.facts #>> '{scores,path}' as path) as scores
          where $1 = 'run' and e.run_id = $2
            and ($3 = '' or scores.path = $3 or starts_with($3, scores.path || '/') or starts_with(scores.path, $3 || '/'))
          order by e.created_at, e.id limit 1)
       limit 1`,
      [file.kind, file.id, file.path],
    );
    const [found] = rows;
    return found === undefined
      ? null
      : { model: found.model, version: Number(found.version), evaluation: found.evaluation };
  }
}
