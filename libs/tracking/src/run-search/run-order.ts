import type { OrderTerm } from '@assay/pure/mlflow-wire';
import type { SortKey } from '../search/keyset.js';
import { metricOrder, missingLast } from '../search/sort-rules.js';
import type { SqlParameters } from '../search/sql-parameters.js';
import { runAttribute } from './run-attributes.js';
import { metricKeySql } from './run-conditions.js';

/** Sort keys of an order, and the joins that they need. */
export interface RunOrder {
  readonly keys: readonly SortKey[];
  readonly joins: readonly string[];
}

/**
 * The total order of a search over runs `r`: newest first, then by id, where nothing else decides. `first` are the keys of the first term where
 * an index gives them already.
 */
export function runOrder(
  orderBy: readonly OrderTerm[],
  first: readonly SortKey[] | null,
  parameters: SqlParameters,
): RunOrder {
  const joins: string[] = [];
  const keys = orderBy.flatMap((term, place) =>
    place === 0 && first !== null ? first : termKeys(term, `o${place}`, joins, parameters),
  );
  const has = (name: string) => orderBy.some(({ entity, key }) => entity === 'attribute' && key === name);
  if (!has('start_time')) keys.push({ sql: 'r.start_time_ms', type: 'bigint', descending: true });
  if (!has('run_id')) keys.push({ sql: 'r.run_id', type: 'text', descending: false });
  return { keys, joins };
}

function termKeys(
  { entity, key, descending }: OrderTerm,
  alias: string,
  joins: string[],
  parameters: SqlParameters,
): readonly SortKey[] {
  if (entity === 'attribute') {
    const { sql, type, nullable } = runAttribute(key);
    return nullable === true ? missingLast(sql, type, '0', descending) : [{ sql, type, descending }];
  }
  if (entity === 'metric') {
    const ofKey = `m.key_id = ${metricKeySql(key, parameters)}`;
    joins.push(
      lookedUp(alias, `select m.value from tracking.metric_latest m where m.run_number = r.number and ${ofKey}`),
    );
    return metricOrder(`${alias}.value`, descending);
  }
  const table = entity === 'param' ? 'tracking.param' : 'tracking.run_tag';
  const ofKey = `kv.key = ${parameters.add(key, 'text')}`;
  joins.push(lookedUp(alias, `select kv.value from ${table} kv where kv.run_number = r.number and ${ofKey}`));
  return missingLast(`${alias}.value`, 'text', "''", descending);
}

/** One value for each run, looked up once: `offset 0` keeps the planner from writing the look-up into every place that uses it. */
function lookedUp(alias: string, value: string): string {
  return `cross join lateral (select (${value}) as value offset 0) ${alias}`;
}
