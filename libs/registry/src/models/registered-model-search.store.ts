import { inTransaction, PreparedTexts, type Tx } from '@assay/platform/database';
import type { Comparison, OrderTerm } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { filterConditions, hiddenConditions, Parameters, type SearchColumns } from '../search/filter-clauses.js';
import { afterToken, orderClause, tokenAfter, totalOrder } from '../search/keyset.js';
import { promptTag, type RegisteredModel } from './registered-model.js';

export interface ModelSearch {
  readonly filter: readonly Comparison[];
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
  /** Patterns of names that the caller may not see. */
  readonly hidden?: readonly string[];
}

const columns: SearchColumns = {
  attributes: { name: 'm.name' },
  tag: (key) => `select from registry.registered_model_tag t where t.model_id = m.id and t.key = ${key}`,
  promptTag,
};

const orderColumns = {
  name: { sql: 'm.name collate "C"', type: 'text' },
  creation_timestamp: { sql: 'm.created_at', type: 'time' },
  last_updated_timestamp: { sql: 'm.updated_at', type: 'time' },
} as const;

@Injectable()
export class RegisteredModelSearchStore {
  constructor(private readonly texts: PreparedTexts) {}

  /** One page of a workspace's models. Prompts are left out unless the filter speaks of them. */
  async search(
    tx: Tx,
    workspace: string,
    search: ModelSearch,
  ): Promise<{ models: RegisteredModel[]; nextPageToken: string | null }> {
    const parameters = new Parameters();
    const conditions = [
      `m.workspace = ${parameters.add(workspace)}`,
      'm.deleted_at is null',
      ...filterConditions(search.filter, columns, parameters),
      ...hiddenConditions('m.name', search.hidden ?? [], parameters),
    ];
    const order = totalOrder(search.order, orderColumns, [{ key: 'name', descending: false }]);
    const scope = JSON.stringify(['registered-models', search.filter, search.order]);
    if (search.pageToken) conditions.push(afterToken(scope, search.pageToken, order, parameters));
    const text = `select m.id, m.workspace, m.name, m.description, m.created_at as "createdAt", m.updated_at as "updatedAt"
         from registry.registered_model m where ${conditions.join(' and ')}
         order by ${orderClause(order)} limit ${parameters.add(search.limit + 1)}`;
    const rows = await inTransaction(tx).run<RegisteredModel>(this.texts.statement(text), parameters.values);
    const models = rows.slice(0, search.limit);
    const last = models.at(-1);
    const more = rows.length > search.limit && last !== undefined;
    const nextPageToken = more
      ? tokenAfter(scope, order, {
          name: last.name,
          creation_timestamp: last.createdAt,
          last_updated_timestamp: last.updatedAt,
        })
      : null;
    return { models, nextPageToken };
  }
}
