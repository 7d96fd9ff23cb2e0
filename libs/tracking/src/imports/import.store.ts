import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { Run } from '../runs/run.js';

export type ImportedKind = 'experiment' | 'run' | 'logged_model';

/** How a thing is known at its origin. */
export interface SourceKey {
  readonly workspace: string;
  readonly origin: string;
  readonly kind: ImportedKind;
  readonly sourceId: string;
}

export interface Imported {
  readonly targetId: string;
  /** Of its state at the origin; null until all of it was here. */
  readonly fingerprint: string | null;
}

/** What came from which server, and the rows that only an import makes: those with an id and times of their own. */
@Injectable()
export class ImportStore {
  async find(tx: Tx, { workspace, origin, kind, sourceId }: SourceKey): Promise<Imported | null> {
    const [row]: { target_id: string; fingerprint: string | null }[] = await tx.query(
      'select target_id, fingerprint from tracking.imported where workspace = $1 and origin = $2 and kind = $3 and source_id = $4',
      [workspace, origin, kind, sourceId],
    );
    return row === undefined ? null : { targetId: row.target_id, fingerprint: row.fingerprint };
  }

  async remember(tx: Tx, { workspace, origin, kind, sourceId }: SourceKey, targetId: string): Promise<void> {
    await tx.query(
      `insert into tracking.imported (workspace, origin, kind, source_id, target_id) values ($1, $2, $3, $4, $5)
         on conflict on constraint imported_pk do nothing`,
      [workspace, origin, kind, sourceId, targetId],
    );
  }

  /** Notes that all of it is here, as it was at the origin; null when it is about to change again. */
  async setFingerprint(
    tx: Tx,
    { workspace, origin, kind, sourceId }: SourceKey,
    fingerprint: string | null,
  ): Promise<void> {
    await tx.query(
      'update tracking.imported set fingerprint = $5 where workspace = $1 and origin = $2 and kind = $3 and source_id = $4',
      [workspace, origin, kind, sourceId, fingerprint],
    );
  }

  /** Whether an id is taken, in any workspace. */
  async isTaken(tx: Tx, kind: ImportedKind, id: string): Promise<boolean> {
    const [row]: { taken: boolean }[] = await tx.query('select tracking.id_taken($1, $2) as taken', [kind, id]);
    return row?.taken === true;
  }

  async insertRun(tx: Tx, workspace: string, run: Omit<Run, 'number'>): Promise<void> {
    await tx.query(
      `insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
         values ($1, nextval('tracking.run_number'), $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        run.id,
        run.experimentId,
        workspace,
        run.name,
        run.userId,
        run.createdBy,
        run.status,
        run.startTimeMs,
        run.artifactUri,
        run.lifecycleStage,
      ],
    );
  }
}
