import type { Tx } from '@assay/platform/database';
import type { LoggedModelStatus, MetricInput } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { KeyValue } from '../experiments/experiment.js';
import { storable } from '../run-telemetry/run-points.js';
import type { LoggedModel, LoggedModelDetail } from './logged-model.js';
import { loggedModelColumns, type LoggedModelRow, toLoggedModelDetail } from './logged-model-columns.js';

const active = `from tracking.logged_model l where l.workspace = $1 and l.model_id = $2 and l.lifecycle_stage = 'active'`;

/** Logged models; a deleted one is not found any more. */
@Injectable()
export class LoggedModelStore {
  async insert(tx: Tx, workspace: string, model: LoggedModel): Promise<void> {
    await tx.query(
      `insert into tracking.logged_model (model_id, experiment_id, workspace, name, model_type, status, source_run_id, created_by, artifact_uri, lifecycle_stage, created_ms, updated_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11)`,
      [
        model.id,
        model.experimentId,
        workspace,
        model.name,
        model.modelType,
        model.status,
        model.sourceRunId,
        model.createdBy,
        model.artifactUri,
        model.createdMs,
        model.updatedMs,
      ],
    );
  }

  async byId(tx: Tx, workspace: string, id: string): Promise<LoggedModelDetail | null> {
    const [row]: LoggedModelRow[] = await tx.query(`select ${loggedModelColumns} ${active}`, [workspace, id]);
    return row === undefined ? null : toLoggedModelDetail(row);
  }

  /** As `byId`, holding the row until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<LoggedModelDetail | null> {
    const [row]: LoggedModelRow[] = await tx.query(`select ${loggedModelColumns} ${active} for update of l`, [
      workspace,
      id,
    ]);
    return row === undefined ? null : toLoggedModelDetail(row);
  }

  /** The first of some ids that names no logged model. */
  async firstUnknown(tx: Tx, workspace: string, ids: readonly string[]): Promise<string | null> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return null;
    const rows: { model_id: string }[] = await tx.query(
      `select model_id from tracking.logged_model where workspace = $1 and model_id = any($2) and lifecycle_stage = 'active'`,
      [workspace, wanted],
    );
    const known = new Set(rows.map((row) => row.model_id));
    return wanted.find((id) => !known.has(id)) ?? null;
  }

  async setStatus(tx: Tx, id: string, status: LoggedModelStatus, updatedMs: number): Promise<void> {
    await tx.query(
      'update tracking.logged_model set status = $2, updated_ms = greatest(updated_ms, $3) where model_id = $1',
      [id, status, updatedMs],
    );
  }

  async markDeleted(tx: Tx, id: string, updatedMs: number): Promise<void> {
    await tx.query(
      `update tracking.logged_model set lifecycle_stage = 'deleted', updated_ms = greatest(updated_ms, $2) where model_id = $1`,
      [id, updatedMs],
    );
  }

  async touch(tx: Tx, id: string, updatedMs: number): Promise<void> {
    await tx.query('update tracking.logged_model set updated_ms = greatest(updated_ms, $2) where model_id = $1', [
      id,
      updatedMs,
    ]);
  }

  /** Sets tags; of equal keys the last one counts. */
  async setTags(tx: Tx, id: string, tags: readonly KeyValue[]): Promise<void> {
    const last = [...new Map(tags.map(({ key, value }) => [key, value])).entries()];
    await tx.query(
      `insert into tracking.logged_model_tag (model_id, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as given (key, value) order by key
         on conflict on constraint logged_model_tag_pk do update set value = excluded.value`,
      [id, last.map(([key]) => key), last.map(([, value]) => value)],
    );
  }

  async deleteTag(tx: Tx, id: string, key: string): Promise<void> {
    await tx.query('delete from tracking.logged_model_tag where model_id = $1 and key = $2', [id, key]);
  }

  /** Adds parameters and answers the key of the first one that has another value already; then nothing may be committed. */
  async addParams(tx: Tx, id: string, params: readonly KeyValue[]): Promise<string | null> {
    const last = [...new Map(params.map(({ key, value }) => [key, value])).entries()];
    const given = [id, last.map(([key]) => key), last.map(([, value]) => value)];
    const unnested = 'unnest($2::text[], $3::text[]) as given (key, value)';
    await tx.query(
      `insert into tracking.logged_model_param (model_id, key, value) select $1, key, value from ${unnested} order by key
         on conflict on constraint logged_model_param_pk do nothing`,
      given,
    );
    const [conflict]: { key: string }[] = await tx.query(
      `select p.key from ${unnested} join tracking.logged_model_param p on p.model_id = $1 and p.key = given.key where p.value <> given.value limit 1`,
      given,
    );
    return conflict?.key ?? null;
  }

  /** Adds points that are about models; equal ones once. */
  async addMetrics(
    tx: Tx,
    run: string,
    metrics: readonly (MetricInput & { model_id: string })[],
    keyIds: ReadonlyMap<string, number>,
  ): Promise<void> {
    if (metrics.length === 0) return;
    const column = <T>(read: (metric: (typeof metrics)[number]) => T): T[] => metrics.map(read);
    await tx.query(
      `insert into tracking.logged_model_metric (run_number, model_id, key_id, timestamp_ms, step, dataset_name, dataset_digest, value)
         select $1, given.* from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::double precision[])
           as given (model_id, key_id, timestamp_ms, step, dataset_name, dataset_digest, value)
         order by 2, 3, 4, 5, 6, 7 on conflict do nothing`,
      [
        run,
        column((metric) => metric.model_id),
        column((metric) => keyIds.get(metric.key)),
        column((metric) => metric.timestamp),
        column((metric) => metric.step),
        column((metric) => metric.dataset_name ?? ''),
        column((metric) => metric.dataset_digest ?? ''),
        column((metric) => storable(metric.value)),
      ],
    );
  }
}
