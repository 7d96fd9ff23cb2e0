import type { Tx } from '@assay/platform/database';
import type { Comparison, PageKey, SearchEvaluationDatasetsRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { testSql } from '../search/test-sql.js';
import type { EvaluationDataset } from './evaluation-dataset.js';

interface DatasetRow {
  dataset_id: string;
  name: string;
  digest: string;
  schema: object | null;
  profile: object | null;
  tags: Record<string, string>;
  experiment_ids: string[];
  created_by: string | null;
  updated_by: string | null;
  created_ms: string;
  updated_ms: string;
}

const columns = `d.dataset_id, d.name, d.digest, d.schema, d.profile, d.tags, d.experiment_ids, d.created_by, d.updated_by, d.created_ms, d.updated_ms`;
const whenNoneIsSaid = 1000;

@Injectable()
export class EvaluationDatasetStore {
  async insert(tx: Tx, workspace: string, dataset: EvaluationDataset): Promise<void> {
    await tx.query(
      `insert into tracking.evaluation_dataset (dataset_id, workspace, name, digest, schema, profile, tags, experiment_ids, created_by, updated_by,
           created_ms, updated_ms) values ($1, $12, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [...valuesOf(dataset), workspace],
    );
  }

  async update(tx: Tx, dataset: EvaluationDataset): Promise<void> {
    await tx.query(
      `update tracking.evaluation_dataset set name = $2, digest = $3, schema = $4, profile = $5, tags = $6, experiment_ids = $7, created_by = $8,
           updated_by = $9, created_ms = $10, updated_ms = $11 where dataset_id = $1`,
      valuesOf(dataset),
    );
  }

  async byId(tx: Tx, workspace: string, id: string, held = false): Promise<EvaluationDataset | null> {
    const [row]: DatasetRow[] = await tx.query(
      `select ${columns} from tracking.evaluation_dataset d where d.workspace = $1 and d.dataset_id = $2 ${held ? 'for update' : ''}`,
      [workspace, id],
    );
    return row === undefined ? null : toDataset(row);
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.query('delete from tracking.evaluation_record where dataset_id = $1', [id]);
    await tx.query('delete from tracking.evaluation_dataset where dataset_id = $1', [id]);
  }

  async search(
    tx: Tx,
    workspace: string,
    asked: SearchEvaluationDatasetsRequest,
  ): Promise<{ datasets: EvaluationDataset[]; nextPageToken: string | null }> {
    const size = asked.max_results || whenNoneIsSaid;
    const parameters = new SqlParameters();
    const conditions = [
      `d.workspace = ${parameters.add(workspace, 'text')}`,
      ...(asked.experiment_ids.length === 0
        ? []
        : [`d.experiment_ids ?| ${parameters.add([...new Set(asked.experiment_ids)], 'text[]')}`]),
      ...asked.filter_string.map((each) => conditionSql(each, parameters)),
    ];
    const ordered = asked.order_by.map(({ key, descending }) => sortKey(key, descending));
    const keys: SortKey[] = [
      ...(ordered.length > 0 ? ordered : [sortKey('created_time', true)]),
      { sql: 'd.dataset_id', type: 'text', descending: false },
    ];
    const scope = JSON.stringify(['evaluation-datasets', asked.experiment_ids, asked.filter_string, asked.order_by]);
    const after = readToken(scope, keys, asked.page_token);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (DatasetRow & { page_key: PageKey[] })[] = await tx.query(
      `select ${columns}, ${pageKeySql(keys)} from tracking.evaluation_dataset d where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${size + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, size);
    return { datasets: page.rows.map(toDataset), nextPageToken: page.nextPageToken };
  }
}

const attributes: Readonly<Record<string, { sql: string; type: SortKey['type'] }>> = {
  name: { sql: 'd.name', type: 'text' },
  created_by: { sql: 'd.created_by', type: 'text' },
  last_updated_by: { sql: 'd.updated_by', type: 'text' },
  created_time: { sql: 'd.created_ms', type: 'bigint' },
  last_update_time: { sql: 'd.updated_ms', type: 'bigint' },
};

function attribute(key: string): { sql: string; type: SortKey['type'] } {
  const found = attributes[key];
  if (found === undefined) throw new TypeError(`evaluation datasets have no attribute ${key}`);
  return found;
}

function sortKey(key: string, descending: boolean): SortKey {
  return { ...attribute(key), descending };
}

function conditionSql({ entity, key, test }: Comparison, parameters: SqlParameters): string {
  if (test.type === 'presence') throw new TypeError('presence is not asked of evaluation datasets');
  return testSql(
    entity === 'tag' ? `(d.tags ->> ${parameters.add(key, 'text')})` : attribute(key).sql,
    test,
    parameters,
  );
}

function valuesOf(dataset: EvaluationDataset): unknown[] {
  return [
    dataset.id,
    dataset.name,
    dataset.digest,
    dataset.schema,
    dataset.profile,
    dataset.tags,
    JSON.stringify(dataset.experimentIds),
    dataset.createdBy,
    dataset.updatedBy,
    dataset.createdMs,
    dataset.updatedMs,
  ];
}

function toDataset(row: DatasetRow): EvaluationDataset {
  return {
    id: row.dataset_id,
    name: row.name,
    digest: row.digest,
    schema: row.schema,
    profile: row.profile,
    tags: row.tags,
    experimentIds: row.experiment_ids,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
  };
}
