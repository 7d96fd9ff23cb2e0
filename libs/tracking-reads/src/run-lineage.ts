import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** The run and the logged model that a model version came from; either may be unknown. */
export interface VersionOrigin {
  runId: string | null;
  loggedModelId: string | null;
}

const originRuns = `select run_id from tracking.run where run_id = $1
  union select source_run_id from tracking.logged_model where model_id = $2 and source_run_id is not null`;

/** Uses of a dataset that are no training. */
const otherUses = ['evaluation', 'eval', 'validation', 'test', 'testing', 'scoring'];

/** What stands behind a version: asked by the registry when it decides on one. Who does, `registry.author_ids` says. */
@Injectable()
export class RunLineage {
  /**
   * Whether the run logged this dataset version as data that it trained on. MLflow's digests hold 36 characters at most, so the first 36
   * of the SHA-256 count as a match, and so does a source that names it in full.
   */
  async trainedOn(tx: Tx, { runId, loggedModelId }: VersionOrigin, sha256: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `select 1 from tracking.run r join tracking.run_dataset u on u.run_number = r.number join tracking.dataset d on d.id = u.dataset_id
         where r.run_id in (${originRuns}) and (d.digest in ($3, left($3, 36)) or position($3 in d.source) > 0)
           and not exists (
             select from jsonb_array_elements(case jsonb_typeof(u.tags) when 'array' then u.tags else '[]' end) as tag
             where tag ->> 'key' = 'mlflow.data.context' and lower(tag ->> 'value') = any($4::text[]))
         limit 1`,
      [runId, loggedModelId, sha256, otherUses],
    );
    return rows.length > 0;
  }
}
