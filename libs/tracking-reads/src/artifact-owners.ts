import type { Tx } from '@assay/platform/database';
import { type ArtifactOwnerKind, proxiedPath } from '@assay/pure/mlflow-wire';

/** A run, logged model or trace, as the owner of files. */
export interface ArtifactOwner {
  readonly kind: ArtifactOwnerKind;
  readonly id: string;
  readonly experimentId: string;
  readonly artifactUri: string;
  readonly deleted: boolean;
  /** The run itself, or the run that made the logged model or trace. */
  readonly sourceRunId: string | null;
}

export interface OwnerName {
  readonly workspace: string;
  readonly kind: ArtifactOwnerKind;
  readonly id: string;
}

interface OwnerRow {
  id: string;
  experiment_id: string;
  artifact_uri: string;
  deleted: boolean;
  source_run_id: string | null;
}

const selects: Readonly<Record<ArtifactOwnerKind, { sql: string; lock: string }>> = {
  run: {
    sql: `select r.run_id as id, r.experiment_id, r.artifact_uri, r.run_id as source_run_id,
        r.lifecycle_stage = 'deleted' or e.lifecycle_stage = 'deleted' as deleted
      from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id where r.workspace = $1 and r.run_id = $2`,
    lock: 'for update of r',
  },
  logged_model: {
    sql: `select l.model_id as id, l.experiment_id, l.artifact_uri, l.source_run_id, l.lifecycle_stage = 'deleted' as deleted
      from tracking.logged_model l where l.workspace = $1 and l.model_id = $2`,
    lock: 'for update of l',
  },
  trace: {
    sql: `select t.trace_id as id, t.experiment_id, t.artifact_uri, t.metadata ->> 'mlflow.sourceRun' as source_run_id,
        e.lifecycle_stage = 'deleted' as deleted
      from tracking.trace t join tracking.experiment e on e.experiment_id = t.experiment_id where t.workspace = $1 and t.trace_id = $2`,
    lock: 'for update of t',
  },
};

/** Whose files a path or URI names, and the lock that every change of those files takes first. */
export class ArtifactOwners {
  /** The owner, with its row locked until the transaction ends; null for an unknown one or one of another workspace. */
  async lock(tx: Tx, owner: OwnerName): Promise<ArtifactOwner | null> {
    return this.read(tx, owner, selects[owner.kind].lock);
  }

  async find(tx: Tx, owner: OwnerName): Promise<ArtifactOwner | null> {
    return this.read(tx, owner, '');
  }

  private async read(tx: Tx, { workspace, kind, id }: OwnerName, lock: string): Promise<ArtifactOwner | null> {
    const [row]: OwnerRow[] = await tx.query(`${selects[kind].sql} ${lock}`, [workspace, id]);
    if (row === undefined) return null;
    return {
      kind,
      id: row.id,
      experimentId: row.experiment_id,
      artifactUri: row.artifact_uri,
      deleted: row.deleted,
      sourceRunId: row.source_run_id,
    };
  }
}

/** Whether a path behind the artifact proxy is the owner's real root: the same id under another folder is somebody's guess. */
export function isRootOf(owner: ArtifactOwner, root: string): boolean {
  return proxiedPath(owner.artifactUri) === root;
}
