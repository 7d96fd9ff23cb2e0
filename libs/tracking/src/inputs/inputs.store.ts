import { type Tx, newId } from '@assay/platform/database';
import type { DatasetInput } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';

export interface DatasetSummary {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  /** What it was used for; empty when nobody said. */
  readonly context: string;
}

/** What runs read and made: datasets (one row per experiment, name and digest) and logged models. */
@Injectable()
export class InputsStore {
  /** Notes datasets as read by a run; one that is noted already stays as it is. */
  async addDatasets(tx: Tx, run: string, experimentId: string, inputs: readonly DatasetInput[]): Promise<void> {
    const sorted = inputs.toSorted((one, other) =>
      `${one.dataset.name}\n${one.dataset.digest}` < `${other.dataset.name}\n${other.dataset.digest}` ? -1 : 1,
    );
    for (const { dataset, tags } of sorted) {
      const values = [experimentId, dataset.name, dataset.digest];
      await tx.query(
        `insert into tracking.dataset (id, experiment_id, name, digest, source_type, source, schema, profile) values ($4, $1, $2, $3, $5, $6, $7, $8)
           on conflict (experiment_id, name, digest) do nothing`,
        [...values, newId(), dataset.source_type, dataset.source, dataset.schema ?? null, dataset.profile ?? null],
      );
      await tx.query(
        `insert into tracking.run_dataset (run_number, dataset_id, tags)
           select $4, id, $5::jsonb from tracking.dataset where experiment_id = $1 and name = $2 and digest = $3
           on conflict on constraint run_dataset_pk do nothing`,
        [...values, run, JSON.stringify(tags)],
      );
    }
  }

  /** Datasets that runs of some experiments read, and what for; the same one once per purpose. */
  async summaries(tx: Tx, workspace: string, experimentIds: readonly string[]): Promise<DatasetSummary[]> {
    return tx.query(
      `select distinct d.experiment_id as "experimentId", d.name, d.digest, coalesce(c.context, '') as context
         from tracking.dataset d join tracking.experiment e on e.experiment_id = d.experiment_id and e.workspace = $1
           join tracking.run_dataset u on u.dataset_id = d.id
           left join lateral (select t ->> 'value' as context from jsonb_array_elements(u.tags) t where t ->> 'key' = 'mlflow.data.context') c on true
         where d.experiment_id = any($2::bigint[]) order by 1, 2, 3, 4 limit 1000`,
      [workspace, experimentIds],
    );
  }

  /** Notes logged models as read or made by a run. */
  async addModels(
    tx: Tx,
    run: string,
    direction: 'input' | 'output',
    models: readonly { model_id: string; step?: number }[],
  ): Promise<void> {
    if (models.length === 0) return;
    const sorted = models.toSorted((one, other) => (one.model_id < other.model_id ? -1 : 1));
    await tx.query(
      `insert into tracking.run_model (run_number, direction, model_id, step)
         select $1, $2, model_id, step from unnest($3::text[], $4::bigint[]) as given (model_id, step) on conflict on constraint run_model_pk do nothing`,
      [run, direction, sorted.map(({ model_id }) => model_id), sorted.map(({ step }) => step ?? 0)],
    );
  }
}
