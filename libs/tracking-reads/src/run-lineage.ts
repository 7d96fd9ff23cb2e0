import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { partsOfWholes, wholesOfParts } from './nested-runs.js';

/** The run and the logged model that a model version came from; either may be unknown. */
export interface VersionOrigin {
  runId: string | null;
  loggedModelId: string | null;
}

/**
 * Runs in which a version can have learnt: those that it came from, the runs that these are nested in (whose data they were given), the runs
 * nested in these (of which they are made), and the same of the models that any of them went on from. Not the other parts of a whole.
 */
const learntIn = `with recursive behind (run_id, climbed, depth) as (
    select run_id, false, 0 from (
      select run_id from tracking.run where run_id = $1
      union select source_run_id from tracking.logged_model where model_id = $2 and source_run_id is not null) as origin
    union
    select next.run_id, next.climbed, b.depth + 1 from behind b cross join lateral (
      select whole.run_id, true as climbed from ${wholesOfParts} where part.run_id = b.run_id
      union all select part.run_id, false from ${partsOfWholes} where whole.run_id = b.run_id and not b.climbed
      union all select l.source_run_id, false from tracking.run r
        join tracking.run_model m on m.run_number = r.number and m.direction = 'input'
        join tracking.logged_model l on l.model_id = m.model_id and l.workspace = r.workspace
        where r.run_id = b.run_id and l.source_run_id is not null) as next
    where b.depth < 30)`;

/** Uses of a dataset that are no training. */
const otherUses = ['evaluation', 'eval', 'validation', 'test', 'testing', 'scoring'];

/** Whether what a run said that it used data for lets it learn from it; a run that said nothing may have. */
export function isTraining(use: string): boolean {
  return !otherUses.includes(use.toLowerCase());
}

/** What stands behind a version: asked by the registry when it decides on one. Who does, `registry.author_ids` says. */
@Injectable()
export class RunLineage {
  /**
   * Whether a run in which the version can have learnt logged this dataset version as data that it trained on. MLflow's digests hold 36 characters at most, so the first 36
   * of the SHA-256 count as a match, and so does a source that names it in full.
   */
  async trainedOn(tx: Tx, { runId, loggedModelId }: VersionOrigin, sha256: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `${learntIn}
       select 1 from tracking.run r join tracking.run_dataset u on u.run_number = r.number join tracking.dataset d on d.id = u.dataset_id
         where r.run_id in (select run_id from behind) and (d.digest in ($3, left($3, 36)) or position($3 in d.source) > 0)
           and not exists (
             select from jsonb_array_elements(case jsonb_typeof(u.tags) when 'array' then u.tags else '[]' end) as tag
             where tag ->> 'key' = 'mlflow.data.context' and lower(tag ->> 'value') = any($4::text[]))
         limit 1`,
      [runId, loggedModelId, sha256, otherUses],
    );
    return rows.length > 0;
  }
}
