import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A version of a scorer: how traces of an experiment are judged, as its client wrote it down. */
export interface ScorerVersion {
  readonly experimentId: string;
  readonly name: string;
  readonly version: number;
  readonly scorerId: string;
  readonly serialized: string;
  readonly createdMs: number;
}

interface ScorerRow {
  experiment_id: string;
  name: string;
  version: string;
  scorer_id: string;
  serialized: string;
  created_ms: string;
}

const columns = 'v.experiment_id, v.name, v.version, v.scorer_id, v.serialized, v.created_ms';
const ofWorkspace =
  'exists (select from tracking.experiment e where e.experiment_id = v.experiment_id and e.workspace = $1)';

@Injectable()
export class ScorerStore {
  async insert(tx: Tx, one: ScorerVersion): Promise<void> {
    await tx.query(
      'insert into tracking.scorer_version (experiment_id, name, version, scorer_id, serialized, created_ms) values ($1, $2, $3, $4, $5, $6)',
      [one.experimentId, one.name, one.version, one.scorerId, one.serialized, one.createdMs],
    );
  }

  /** All versions of a scorer, the first one first. */
  async versions(tx: Tx, workspace: string, experimentId: string, name: string): Promise<ScorerVersion[]> {
    const rows: ScorerRow[] = await tx.query(
      `select ${columns} from tracking.scorer_version v where ${ofWorkspace} and v.experiment_id = $2 and v.name = $3 order by v.version`,
      [workspace, experimentId, name],
    );
    return rows.map(toVersion);
  }

  /** The newest version of each scorer of some experiments, by name. */
  async newest(tx: Tx, workspace: string, experimentIds: readonly string[]): Promise<ScorerVersion[]> {
    const rows: ScorerRow[] = await tx.query(
      `select distinct on (v.experiment_id, v.name) ${columns} from tracking.scorer_version v where ${ofWorkspace} and v.experiment_id = any($2)
         order by v.experiment_id, v.name, v.version desc`,
      [workspace, experimentIds],
    );
    return rows.map(toVersion);
  }

  async delete(tx: Tx, { experimentId, name, version }: ScorerVersion): Promise<void> {
    await tx.query('delete from tracking.scorer_version where experiment_id = $1 and name = $2 and version = $3', [
      experimentId,
      name,
      version,
    ]);
  }
}

function toVersion(row: ScorerRow): ScorerVersion {
  return {
    experimentId: row.experiment_id,
    name: row.name,
    version: Number(row.version),
    scorerId: row.scorer_id,
    serialized: row.serialized,
    createdMs: Number(row.created_ms),
  };
}
