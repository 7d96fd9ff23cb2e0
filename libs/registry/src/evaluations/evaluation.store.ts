import { recordEvaluationRequest } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { EvaluationRecord } from './evaluation.js';

const evaluationRow = z.object({
  id: z.string(),
  workspace: z.string(),
  modelId: z.string(),
  version: z.coerce.number(),
  facts: recordEvaluationRequest,
  digest: z.string(),
  jobId: z.string(),
  runId: z.string().nullable(),
  reportedBy: z.string(),
  onTrainingData: z.boolean(),
  createdAt: z.date(),
});

const select = `select id, workspace, model_id as "modelId", version, facts, digest, job_id as "jobId", run_id as "runId", reported_by as "reportedBy",
    on_training_data as "onTrainingData", created_at as "createdAt" from registry.evaluation`;

/** A version that can be evaluated, with where it came from. */
export interface EvaluatedVersion {
  modelId: string;
  /** Digest of its sealed files; null for a version that has none. */
  manifest: string | null;
  runId: string | null;
  loggedModelId: string | null;
}

@Injectable()
export class EvaluationStore {
  async originOf(tx: Tx, workspace: string, model: string, version: number): Promise<EvaluatedVersion | null> {
    const rows: EvaluatedVersion[] = await tx.query(
      `select v.model_id as "modelId", v.manifest_digest as manifest, v.run_id as "runId", v.logged_model_id as "loggedModelId"
         from registry.registered_model m join registry.model_version v on v.model_id = m.id
         where m.workspace = $1 and m.name = $2 and m.deleted_at is null and v.version = $3 and v.deleted_at is null`,
      [workspace, model, version],
    );
    return rows[0] ?? null;
  }

  /** What a job reported before, so that a repeated report has one effect. */
  async ofJob(
    tx: Tx,
    jobId: string,
    modelId: string,
    version: number,
    digest: string,
  ): Promise<EvaluationRecord | null> {
    const rows: unknown[] = await tx.query(
      `${select} where job_id = $1 and model_id = $2 and version = $3 and digest = $4 limit 1`,
      [jobId, modelId, version, digest],
    );
    return rows.length === 0 ? null : evaluationRow.parse(rows[0]);
  }

  async insert(tx: Tx, record: EvaluationRecord): Promise<void> {
    const { dataset } = record.facts;
    await tx.query(
      `insert into registry.evaluation (id, workspace, model_id, version, dataset_name, dataset_version, dataset_digest, facts, digest, job_id,
           run_id, reported_by, on_training_data, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        record.id,
        record.workspace,
        record.modelId,
        record.version,
        dataset.name,
        dataset.version,
        dataset.digest,
        JSON.stringify(record.facts),
        record.digest,
        record.jobId,
        record.runId,
        record.reportedBy,
        record.onTrainingData,
        record.createdAt,
      ],
    );
  }

  async find(tx: Tx, workspace: string, id: string): Promise<EvaluationRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where workspace = $1 and id = $2`, [workspace, id]);
    return rows.length === 0 ? null : evaluationRow.parse(rows[0]);
  }

  async list(
    tx: Tx,
    modelId: string,
    filter: { version?: number; datasetDigest?: string },
  ): Promise<EvaluationRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where model_id = $1 and ($2::bigint is null or version = $2) and ($3::text is null or dataset_digest = $3)
         order by created_at desc, id desc limit 200`,
      [modelId, filter.version ?? null, filter.datasetDigest ?? null],
    );
    return rows.map((row) => evaluationRow.parse(row));
  }

  /** The evaluation that gates look at: the newest one of the version on the pinned dataset, at the pinned threshold. */
  async newest(
    tx: Tx,
    modelId: string,
    version: number,
    pinned: { datasetDigest: string; threshold: number },
  ): Promise<EvaluationRecord | null> {
    const rows: unknown[] = await tx.query(
      `${select} where model_id = $1 and version = $2 and dataset_digest = $3 and (facts ->> 'threshold')::double precision = $4
         order by created_at desc, id desc limit 1`,
      [modelId, version, pinned.datasetDigest, pinned.threshold],
    );
    return rows.length === 0 ? null : evaluationRow.parse(rows[0]);
  }

  /** Whether a registered dataset version is what the job says it read. */
  async datasetIs(
    tx: Tx,
    workspace: string,
    dataset: { name: string; version: number; digest: string },
  ): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `select 1 from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id
         where d.workspace = $1 and d.name = $2 and v.version = $3 and v.digest = $4`,
      [workspace, dataset.name, dataset.version, dataset.digest],
    );
    return rows.length > 0;
  }
}
