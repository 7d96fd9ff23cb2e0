import type { Tx } from '@assay/platform/database';
import type { PageKey } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import type { NewRecord } from './new-records.js';

const whenNoneIsSaid = 1000;

/** The records of evaluation datasets. */
@Injectable()
export class EvaluationRecordStore {
  /** Adds records; one of inputs that are there already is added to. Answers how many are new. */
  async upsert(tx: Tx, datasetId: string, records: readonly NewRecord[], nowMs: number): Promise<number> {
    const rows: { inserted: boolean }[] = await tx.query(
      `insert into tracking.evaluation_record as r (record_id, dataset_id, input_hash, inputs, outputs, expectations, tags, source, created_by, updated_by, created_ms, updated_ms)
         select n.id, $1, n.hash, n.inputs, n.outputs, n.expectations, n.tags, n.source, n."user", n."user", $3, $3
           from jsonb_to_recordset($2) as n (id text, hash text, inputs jsonb, outputs jsonb, expectations jsonb, tags jsonb, source jsonb, "user" text)
         on conflict on constraint evaluation_record_input do update set
           outputs = coalesce(excluded.outputs, r.outputs),
           expectations = case when excluded.expectations is null then r.expectations else coalesce(r.expectations, '{}') || excluded.expectations end,
           tags = case when excluded.tags is null then r.tags else coalesce(r.tags, '{}') || excluded.tags end,
           updated_by = coalesce(excluded.updated_by, r.updated_by), updated_ms = excluded.updated_ms
         returning (xmax = 0) as inserted`,
      [datasetId, JSON.stringify(records), nowMs],
    );
    return rows.filter(({ inserted }) => inserted).length;
  }

  async count(tx: Tx, datasetId: string): Promise<number> {
    const [row]: { count: string }[] = await tx.query(
      'select count(*) as count from tracking.evaluation_record where dataset_id = $1',
      [datasetId],
    );
    return Number(row?.count ?? 0);
  }

  /** A page of records as JSON text, the first ones first. */
  async page(
    tx: Tx,
    datasetId: string,
    { size, token }: { size: number; token: string | undefined },
  ): Promise<{ records: string[]; nextPageToken: string | null }> {
    const most = size || whenNoneIsSaid;
    const parameters = new SqlParameters();
    const conditions = [`r.dataset_id = ${parameters.add(datasetId, 'text')}`];
    const keys: SortKey[] = [
      { sql: 'r.created_ms', type: 'bigint', descending: false },
      { sql: 'r.record_id', type: 'text', descending: false },
    ];
    const scope = JSON.stringify(['evaluation-records', datasetId]);
    const after = readToken(scope, keys, token);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (RecordRow & { page_key: PageKey[] })[] = await tx.query(
      `select jsonb_strip_nulls(jsonb_build_object('dataset_record_id', r.record_id, 'dataset_id', r.dataset_id, 'created_time', r.created_ms,
           'last_update_time', r.updated_ms, 'created_by', r.created_by, 'last_updated_by', r.updated_by,
           'source_type', coalesce(r.source ->> 'source_type', 'UNSPECIFIED')))::text as record,
         json_build_object('inputs', r.inputs, 'outputs', r.outputs, 'expectations', r.expectations, 'tags', r.tags, 'source', r.source) as given, ${pageKeySql(keys)}
         from tracking.evaluation_record r where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${most + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, most);
    return { records: page.rows.map(wholeRecord), nextPageToken: page.nextPageToken };
  }

  async delete(tx: Tx, datasetId: string, ids: readonly string[]): Promise<number> {
    const [rows]: [unknown[], number] = await tx.query(
      'delete from tracking.evaluation_record where dataset_id = $1 and record_id = any($2) returning 1',
      [datasetId, ids],
    );
    return rows.length;
  }
}

interface RecordRow {
  readonly record: string;
  readonly given: Readonly<Record<string, unknown>>;
}

/** What the caller gave keeps its nulls; what was never given is left out. */
function wholeRecord({ record, given }: RecordRow): string {
  const own = Object.entries(given).filter(([, value]) => value !== null);
  return JSON.stringify({ ...JSON.parse(record), ...Object.fromEntries(own) });
}
