import { type Database, InjectDatabase, PreparedTexts } from '@assay/platform/database';
import type { Comparison, ModelVersionView, OrderTerm } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { promptTag } from '../models/registered-model.js';
import { filterConditions, hiddenConditions, Parameters, type SearchColumns } from '../search/filter-clauses.js';
import { afterToken, orderClause, tokenAfter, totalOrder } from '../search/keyset.js';
import { toVersionViews, viewColumns, type ViewRow, viewsOfPage } from './model-version-row.js';

export interface VersionSearch {
  readonly filter: readonly Comparison[];
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
  /** Patterns of names that the caller may not see. */
  readonly hidden?: readonly string[];
}

const columns: SearchColumns = {
  attributes: { name: 'm.name', version_number: 'v.version', run_id: 'v.run_id', source_path: 'v.source' },
  tag: (key) =>
    `select from registry.model_version_tag t where t.model_id = v.model_id and t.version = v.version and t.key = ${key}`,
  promptTag,
};

const orderColumns = {
  name: { sql: 'm.name collate "C"', type: 'text' },
  version_number: { sql: 'v.version', type: 'number' },
  creation_timestamp: { sql: 'v.created_at', type: 'time' },
  last_updated_timestamp: { sql: 'v.updated_at', type: 'time' },
} as const;

const tieBreakers = [
  { key: 'last_updated_timestamp', descending: true },
  { key: 'name', descending: false },
  { key: 'version_number', descending: true },
];

@Injectable()
export class ModelVersionSearchStore {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly texts: PreparedTexts,
  ) {}

  /** One page of a workspace's versions, in one statement. Prompts are left out unless the filter speaks of them. */
  async search(
    workspace: string,
    search: VersionSearch,
  ): Promise<{ versions: ModelVersionView[]; nextPageToken: string | null }> {
    const parameters = new Parameters();
    const conditions = [
      `m.workspace = ${parameters.add(workspace)}`,
      'm.deleted_at is null',
      'v.deleted_at is null',
      ...filterConditions(search.filter, columns, parameters),
      ...hiddenConditions('m.name', search.hidden ?? [], parameters),
    ];
    const order = totalOrder(search.order, orderColumns, tieBreakers);
    const scope = JSON.stringify(['model-versions', search.filter, search.order]);
    if (search.pageToken) conditions.push(afterToken(scope, search.pageToken, order, parameters));
    const text = `with page as materialized (
        select ${viewColumns}, row_number() over (order by ${orderClause(order)}) as place
          from registry.model_version v join registry.registered_model m on m.id = v.model_id
          where ${conditions.join(' and ')} order by ${orderClause(order)} limit ${search.limit + 1})
      ${viewsOfPage}`;
    const rows = await this.database.walk<ViewRow>(this.texts.statement(text), parameters.values);
    const versions = toVersionViews(rows.slice(0, search.limit));
    const last = versions.at(-1);
    const more = rows.length > search.limit && last !== undefined;
    const nextPageToken = more
      ? tokenAfter(scope, order, {
          name: last.name,
          version_number: last.version,
          creation_timestamp: last.createdAt,
          last_updated_timestamp: last.updatedAt,
        })
      : null;
    return { versions, nextPageToken };
  }
}
