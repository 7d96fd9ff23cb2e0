import type { Tx } from '@assay/platform/database';
import type { Comparison, OrderTerm, PageKey, ViewType } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { wholeNumber } from '../search/sort-rules.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { keyedTestSql, testSql } from '../search/test-sql.js';
import type { Experiment, KeyValue, LifecycleStage } from './experiment.js';

interface ExperimentRow {
  experiment_id: string;
  name: string;
  artifact_location: string;
  lifecycle_stage: LifecycleStage;
  created_ms: string;
  updated_ms: string;
  tags: KeyValue[];
}

const columns = `e.experiment_id, e.name, e.artifact_location, e.lifecycle_stage, e.created_ms, e.updated_ms,
  coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
    from tracking.experiment_tag t where t.experiment_id = e.experiment_id), '[]') as tags`;

export interface ExperimentSearch {
  readonly filter: readonly Comparison[];
  readonly orderBy: readonly OrderTerm[];
  readonly viewType: ViewType;
  readonly size: number;
  readonly pageToken: string | undefined;
}

@Injectable()
export class ExperimentStore {
  /** The next free number: an imported experiment may have taken one that the sequence has yet to come to. */
  async nextId(tx: Tx): Promise<string> {
    for (;;) {
      const [row]: { id: string; taken: boolean }[] = await tx.query(
        `select id, tracking.id_taken('experiment', id::text) as taken from nextval('tracking.experiment_number') as id`,
      );
      if (row === undefined) throw new Error('the sequence gave no number');
      if (!row.taken) return row.id;
    }
  }

  /** Answers false when the name is taken. */
  async insert(tx: Tx, workspace: string, experiment: Experiment): Promise<boolean> {
    const inserted: unknown[] = await tx.query(
      `insert into tracking.experiment (experiment_id, workspace, name, artifact_location, lifecycle_stage, created_ms, updated_ms)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace, name) do nothing returning 1`,
      [
        experiment.id,
        workspace,
        experiment.name,
        experiment.artifactLocation,
        experiment.lifecycleStage,
        experiment.createdMs,
        experiment.updatedMs,
      ],
    );
    if (inserted.length === 0) return false;
    for (const tag of experiment.tags) await this.setTag(tx, experiment.id, tag);
    return true;
  }

  async byId(tx: Tx, workspace: string, id: string): Promise<Experiment | null> {
    return first(
      await tx.query(`select ${columns} from tracking.experiment e where e.workspace = $1 and e.experiment_id = $2`, [
        workspace,
        id,
      ]),
    );
  }

  /** As `byId`, holding the row until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<Experiment | null> {
    return first(
      await tx.query(
        `select ${columns} from tracking.experiment e where e.workspace = $1 and e.experiment_id = $2 for update of e`,
        [workspace, id],
      ),
    );
  }

  async byName(tx: Tx, workspace: string, name: string): Promise<Experiment | null> {
    return first(
      await tx.query(`select ${columns} from tracking.experiment e where e.workspace = $1 and e.name = $2`, [
        workspace,
        name,
      ]),
    );
  }

  async update(
    tx: Tx,
    id: string,
    change: { name?: string; lifecycleStage?: LifecycleStage; updatedMs: number },
  ): Promise<void> {
    await tx.query(
      `update tracking.experiment set name = coalesce($2, name), lifecycle_stage = coalesce($3, lifecycle_stage), updated_ms = greatest(updated_ms, $4)
         where experiment_id = $1`,
      [id, change.name ?? null, change.lifecycleStage ?? null, change.updatedMs],
    );
  }

  async setTag(tx: Tx, id: string, tag: KeyValue): Promise<void> {
    await tx.query(
      `insert into tracking.experiment_tag (experiment_id, key, value) values ($1, $2, $3)
         on conflict on constraint experiment_tag_pk do update set value = excluded.value`,
      [id, tag.key, tag.value],
    );
  }

  async deleteTag(tx: Tx, id: string, key: string): Promise<void> {
    await tx.query('delete from tracking.experiment_tag where experiment_id = $1 and key = $2', [id, key]);
  }

  async search(
    tx: Tx,
    workspace: string,
    search: ExperimentSearch,
  ): Promise<{ experiments: Experiment[]; nextPageToken: string | null }> {
    const parameters = new SqlParameters();
    const conditions = [
      `e.workspace = ${parameters.add(workspace, 'text')}`,
      ...search.filter.map((each) => conditionSql(each, parameters)),
    ];
    if (search.viewType !== 'ALL')
      conditions.push(
        `e.lifecycle_stage = ${parameters.add(search.viewType === 'ACTIVE_ONLY' ? 'active' : 'deleted', 'text')}`,
      );
    const keys = sortKeys(search.orderBy);
    const scope = JSON.stringify(['experiments', search.filter, search.orderBy, search.viewType]);
    const after = readToken(scope, keys, search.pageToken);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (ExperimentRow & { page_key: PageKey[] })[] = await tx.query(
      `select ${columns}, ${pageKeySql(keys)} from tracking.experiment e where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${search.size + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, search.size);
    return { experiments: page.rows.map(toExperiment), nextPageToken: page.nextPageToken };
  }
}

const attributes: Readonly<Record<string, { sql: string; type: SortKey['type'] }>> = {
  name: { sql: 'e.name', type: 'text' },
  experiment_id: { sql: 'e.experiment_id', type: 'bigint' },
  creation_time: { sql: 'e.created_ms', type: 'bigint' },
  last_update_time: { sql: 'e.updated_ms', type: 'bigint' },
};

function attribute(key: string): { sql: string; type: SortKey['type'] } {
  const found = attributes[key];
  if (found === undefined) throw new TypeError(`experiments have no attribute ${key}`);
  return found;
}

function conditionSql({ entity, key, test }: Comparison, parameters: SqlParameters): string {
  if (entity === 'tag')
    return keyedTestSql('tracking.experiment_tag', 'kv.experiment_id = e.experiment_id', key, test, parameters);
  if (test.type === 'presence') throw new TypeError('an attribute is always there');
  const { sql, type } = attribute(key);
  return testSql(type === 'bigint' && test.type !== 'number' ? `${sql}::text` : sql, test, parameters);
}

function sortKeys(orderBy: readonly OrderTerm[]): SortKey[] {
  const given = orderBy.map(({ entity, key, descending }): SortKey[] => {
    if (entity === 'attribute') return [sortKey(key, descending)];
    throw new TypeError('experiments are ordered by attributes only');
  });
  if (orderBy.length === 0)
    return [{ ...attribute('creation_time'), descending: true }, sortKey('experiment_id', false)];
  const keys = given.flat();
  return orderBy.some(({ key }) => key === 'experiment_id') ? keys : [...keys, sortKey('experiment_id', true)];
}

function sortKey(key: string, descending: boolean): SortKey {
  const { sql, type } = attribute(key);
  return key === 'experiment_id' ? wholeNumber(sql, descending) : { sql, type, descending };
}

function first(rows: ExperimentRow[]): Experiment | null {
  const [row] = rows;
  return row === undefined ? null : toExperiment(row);
}

function toExperiment(row: ExperimentRow): Experiment {
  return {
    id: row.experiment_id,
    name: row.name,
    artifactLocation: row.artifact_location,
    lifecycleStage: row.lifecycle_stage,
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
    tags: row.tags,
  };
}
