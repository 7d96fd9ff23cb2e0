import { type FeatureValue, type PredictionRow, featureValue } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

export interface PredictionBatch {
  id: string;
  workspace: string;
  rows: number;
  duplicates: number;
  refused: number;
  digest: string;
  receivedBy: string;
  receivedAt: Date;
}

/** What a window compares: a prediction's id and features. */
export interface ScoredRow {
  readonly id: string;
  readonly features: Readonly<Record<string, FeatureValue>>;
}

const scoredRow = z.object({ id: z.string(), features: z.record(z.string(), featureValue) });
const rowsPerInsert = 1000;

@Injectable()
export class PredictionStore {
  /** Ids that are known already, of those given; they name a prediction together with its model. */
  async known(tx: Tx, workspace: string, rows: readonly PredictionRow[]): Promise<Set<string>> {
    const found: { model: string; id: string }[] = await tx.query(
      `select p.model, p.id from drift.prediction p
         join unnest($2::text[], $3::text[]) as given(model, id) on given.model = p.model and given.id = p.id
       where p.workspace = $1`,
      [workspace, rows.map((row) => row.model), rows.map((row) => row.id)],
    );
    return new Set(found.map(({ model, id }) => predictionKey(model, id)));
  }

  /** Keeps one writer of a workspace's predictions at a time, so that no id can slip in between look and insert. */
  async lock(tx: Tx, workspace: string): Promise<void> {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('drift.prediction/' || $1, 0))", [workspace]);
  }

  async insert(tx: Tx, batch: PredictionBatch, rows: readonly PredictionRow[]): Promise<void> {
    await tx.query(
      'insert into drift.prediction_batch (id, workspace, rows, duplicates, refused, digest, received_by, received_at) values ($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        batch.id,
        batch.workspace,
        batch.rows,
        batch.duplicates,
        batch.refused,
        batch.digest,
        batch.receivedBy,
        batch.receivedAt,
      ],
    );
    for (let from = 0; from < rows.length; from += rowsPerInsert) {
      await tx.query(
        `insert into drift.prediction (workspace, model, id, version, predicted_at, features, score, output, segments, batch_id)
         select $1, r.model, r.id, r.version, r.at, r.features, r.score, r.output, r.segments, $2
         from jsonb_to_recordset($3::jsonb) as r(model text, id text, version text, at timestamptz, features jsonb, score double precision, output text, segments jsonb)`,
        [batch.workspace, batch.id, JSON.stringify(rows.slice(from, from + rowsPerInsert))],
      );
    }
  }

  /** Predictions of a model with from ≤ time < to. */
  async count(tx: Tx, workspace: string, model: string, from: Date, to: Date): Promise<number> {
    const rows: { rows: string }[] = await tx.query(
      'select count(*) as rows from drift.prediction where workspace = $1 and model = $2 and predicted_at >= $3 and predicted_at < $4',
      [workspace, model, from, to],
    );
    return Number(rows[0]?.rows ?? 0);
  }

  /** The same rows, at most `limit`: beyond that a sample that depends on their ids alone. In the order of the ids. */
  async window(tx: Tx, workspace: string, model: string, from: Date, to: Date, limit: number): Promise<ScoredRow[]> {
    const rows: unknown[] = await tx.query(
      `select id, features from (
         select id, features from drift.prediction
         where workspace = $1 and model = $2 and predicted_at >= $3 and predicted_at < $4
         order by md5(id), id limit $5) as sample
       order by id collate "C"`,
      [workspace, model, from, to, limit],
    );
    return rows.map((row) => scoredRow.parse(row));
  }
}

/** Text that names a prediction within a workspace. */
export function predictionKey(model: string, id: string): string {
  return JSON.stringify([model, id]);
}
