import { inTransaction, type Statement, type Tx } from '@assay/platform/database';
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

/** What is read of an owner, from which tables, which of them is the owner's, and in which order several are locked: as every writer locks them. */
const selects: Readonly<
  Record<ArtifactOwnerKind, { columns: string; from: string; id: string; row: string; order: string }>
> = {
  run: {
    columns: `r.run_id as id, r.experiment_id, r.artifact_uri, r.run_id as source_run_id,
        r.lifecycle_stage = 'deleted' or e.lifecycle_stage = 'deleted' as deleted`,
    from: 'tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id',
    id: 'run_id',
    order: 'r.number',
    row: 'r',
  },
  logged_model: {
    columns: `l.model_id as id, l.experiment_id, l.artifact_uri, l.source_run_id, l.lifecycle_stage = 'deleted' as deleted`,
    from: 'tracking.logged_model l',
    id: 'model_id',
    order: 'l.model_id',
    row: 'l',
  },
  trace: {
    columns: `t.trace_id as id, t.experiment_id, t.artifact_uri, t.metadata ->> 'mlflow.sourceRun' as source_run_id,
        e.lifecycle_stage = 'deleted' as deleted`,
    from: 'tracking.trace t join tracking.experiment e on e.experiment_id = t.experiment_id',
    id: 'trace_id',
    order: 't.trace_id',
    row: 't',
  },
};

/** A logged model before the run that made it. */
const lockOrder: readonly ArtifactOwnerKind[] = ['logged_model', 'run', 'trace'];

const lockStatements: Readonly<Record<ArtifactOwnerKind, Statement>> = {
  run: lockStatement('run'),
  logged_model: lockStatement('logged_model'),
  trace: lockStatement('trace'),
};

function lockStatement(kind: ArtifactOwnerKind): Statement {
  const { columns, from, id, row, order } = selects[kind];
  return {
    name: `artifact-owners-lock-${kind}`,
    text: `select ${row}.workspace, ${columns} from ${from}
      where (${row}.workspace, ${row}.${id}) in (select * from unnest($1::text[], $2::text[])) order by ${order} for update of ${row}`,
  };
}

/** Whose files a path or URI names, and the lock that every change of those files takes first. */
export class ArtifactOwners {
  /** The owner, with its row locked until the transaction ends; null for an unknown one or one of another workspace. */
  async lock(tx: Tx, owner: OwnerName): Promise<ArtifactOwner | null> {
    return this.read(tx, owner, `for update of ${selects[owner.kind].row}`);
  }

  /** Several at once, each by its `ownerKey`; unknown ones are left out. Locks are taken in one order, whoever asks: logged models, runs, traces. */
  async lockAll(tx: Tx, names: readonly OwnerName[]): Promise<Map<string, ArtifactOwner>> {
    const found = new Map<string, ArtifactOwner>();
    for (const kind of lockOrder) {
      const asked = names.filter((name) => name.kind === kind);
      if (asked.length === 0) continue;
      const rows = await inTransaction(tx).run<OwnerRow & { workspace: string }>(lockStatements[kind], [
        asked.map(({ workspace }) => workspace),
        asked.map(({ id }) => id),
      ]);
      for (const { workspace, ...row } of rows)
        found.set(ownerKey({ workspace, kind, id: row.id }), ownerOf(kind, row));
    }
    return found;
  }

  async find(tx: Tx, owner: OwnerName): Promise<ArtifactOwner | null> {
    return this.read(tx, owner, '');
  }

  private async read(tx: Tx, { workspace, kind, id }: OwnerName, lock: string): Promise<ArtifactOwner | null> {
    const { columns, from, id: idColumn, row: own } = selects[kind];
    const [row]: OwnerRow[] = await tx.query(
      `select ${columns} from ${from} where ${own}.workspace = $1 and ${own}.${idColumn} = $2 ${lock}`,
      [workspace, id],
    );
    return row === undefined ? null : ownerOf(kind, row);
  }
}

/** Tells owners apart, in `lockAll`. */
export function ownerKey({ workspace, kind, id }: OwnerName): string {
  return `${kind} ${id} ${workspace}`;
}

function ownerOf(kind: ArtifactOwnerKind, row: OwnerRow): ArtifactOwner {
  return {
    kind,
    id: row.id,
    experimentId: row.experiment_id,
    artifactUri: row.artifact_uri,
    deleted: row.deleted,
    sourceRunId: row.source_run_id,
  };
}

/** Whether a path behind the artifact proxy is the owner's real root: the same id under another folder is somebody's guess. */
export function isRootOf(owner: ArtifactOwner, root: string): boolean {
  return proxiedPath(owner.artifactUri) === root;
}
