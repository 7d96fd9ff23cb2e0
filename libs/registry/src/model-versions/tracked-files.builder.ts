import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { BlobStore } from '@assay/platform/artifacts';
import { newId } from '@assay/platform/database';
import type { TestDatabase, TestPlatform } from '@assay/testing';

/** Puts runs, logged models and their files where tracking would have put them. */
export class TrackedFiles {
  constructor(
    private readonly database: TestDatabase,
    private readonly platform: TestPlatform,
  ) {}

  /** A run with a parameter, a tag and a metric; returns its id. */
  async run(more: { createdBy?: string; workspace?: string } = {}): Promise<string> {
    const id = randomUUID().replaceAll('-', '');
    await this.#asOwner(
      `insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
         values ('${id}', nextval('tracking.run_number'), 0, '${more.workspace ?? 'default'}', 'run', 'u', '${more.createdBy ?? 'local'}', 'FINISHED', 1,
           'mlflow-artifacts:/0/${id}/artifacts', 'active')`,
      `insert into tracking.param (run_number, experiment_id, key, value) select number, experiment_id, 'lr', '0.1' from tracking.run where run_id = '${id}'`,
      `insert into tracking.run_tag (run_number, experiment_id, key, value) select number, experiment_id, 'team', 'risk' from tracking.run where run_id = '${id}'`,
    );
    return id;
  }

  /** A logged model, of a run or of none; returns its id. */
  async loggedModel(runId: string | null): Promise<string> {
    const id = `m-${randomUUID().replaceAll('-', '')}`;
    await this.#asOwner(
      `insert into tracking.logged_model (model_id, experiment_id, workspace, name, status, source_run_id, created_by, artifact_uri, lifecycle_stage,
           created_ms, updated_ms)
         values ('${id}', 0, 'default', 'model', 'LOGGED_MODEL_READY', ${runId === null ? 'null' : `'${runId}'`}, 'local',
           'mlflow-artifacts:/0/models/${id}/artifacts', 'active', 1, 1)`,
    );
    return id;
  }

  /** Stores a file of an owner; returns its digest. */
  async file(kind: 'run' | 'logged_model', id: string, path: string, content: string | Uint8Array): Promise<string> {
    const key = newId();
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { size, sha256 } = await this.platform.get<BlobStore>(BlobStore).put(key, Readable.from([bytes]));
    await this.database.query(
      `insert into tracking.file (owner_kind, owner_id, path, blob_key, size, sha256, created_ms, written_by) values ($1, $2, $3, $4, $5, $6, 1, 'somebody')`,
      [kind, id, path, key, size, sha256],
    );
    return createHash('sha256').update(content).digest('hex');
  }

  /** One transaction of the owner in which no trigger fires. */
  async #asOwner(...statements: string[]): Promise<void> {
    await this.database.query(['set local session_replication_role = replica', ...statements].join(';'));
  }
}
