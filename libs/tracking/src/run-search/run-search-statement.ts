import type { Comparison, OrderTerm, PageKey, ViewType } from '@assay/pure/mlflow-wire';
import { afterSql, orderBySql, type SortKey } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import type { Candidates } from './candidates.js';
import { type AtHand, filterSql, metricKeySql, stageSql } from './run-conditions.js';
import { type RunOrder, runOrder } from './run-order.js';

export interface RunSearch {
  readonly workspace: string;
  readonly experimentIds: readonly string[];
  readonly filter: readonly Comparison[];
  readonly orderBy: readonly OrderTerm[];
  readonly viewType: ViewType;
}

/**
 * Where a search takes its runs from:
 * - `runs`: all runs of the experiments, newest first by an index; sorted where another order is asked for.
 * - `candidates`: the few runs that pass one clause of the filter, sorted.
 * - `numbers`, `nans`, `unmeasured`: the runs by the metric that the order begins with, in MLflow's three classes. Numbers come from an index in
 *   the order asked for, so that a page costs what it shows and not what there is.
 * `among` are runs that pass one clause and are worth being read first, into a set: asking the set is cheaper than looking the clause up each time.
 */
export type RunSource =
  | { readonly kind: 'candidates'; readonly candidates: Candidates }
  | { readonly kind: 'runs'; readonly among: Candidates | null }
  | { readonly kind: 'numbers' | 'nans' | 'unmeasured'; readonly metric: OrderTerm; readonly among: Candidates | null };

/** The place of each class in the order, as page tokens have it. */
export const metricClass = { numbers: 0, nans: 1, unmeasured: 2 } as const;

/** A search's statement: its text depends on the shape of the search alone, the values are bound. */
export interface RunSearchStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What the statement answers: one row. */
export interface RunPageRow {
  readonly numbers: number[];
  readonly revisions: number[];
  /** Sort keys of the last run that the page has room for. */
  readonly last_key: PageKey[] | null;
  /** Values of metrics have arrived that the indexes don't have yet, in these experiments; false for a search of no metric. */
  readonly pending: boolean;
}

/**
 * Runs in the order asked for, behind the run with the keys `after`; one more than `size` where there are more. `wanted` is how many of them
 * the page has room for: bound, so that what other sources gave makes no new text.
 */
export function runSearchStatement(
  search: RunSearch,
  source: RunSource,
  { size, wanted }: { readonly size: number; readonly wanted: number },
  after: readonly PageKey[] | null,
): RunSearchStatement {
  const parameters = new SqlParameters('hidden');
  const { from, atHand, conditions, first } = sourceSql(source, parameters);
  const order = runOrder(search.orderBy, first, parameters);
  const experimentIds = parameters.add(search.experimentIds, 'bigint[]');
  const taken = source.kind === 'candidates' ? source.candidates : source.among;
  const all = [
    ...conditions,
    ...stageSql(search.viewType),
    ...filterSql(
      search.filter.filter((clause) => clause !== taken?.clause),
      atHand,
      parameters,
    ),
    ...(source.kind === 'candidates' || source.among === null
      ? []
      : [amongSql(source.among, atHand.number, experimentIds, parameters)]),
    ...(after === null ? [] : [boundSql(order, after, parameters), afterSql(order.keys, after, parameters)]),
  ];
  const keys = order.keys.map(({ sql }, place) => `${sql} as k${place}`).join(', ');
  const outer = order.keys.map((key, place) => ({ ...key, sql: `page.k${place}` }));
  const experiments = `select e.experiment_id, e.lifecycle_stage from unnest(${experimentIds}) as asked (id)
    cross join lateral (select x.* from tracking.experiment x where x.experiment_id = asked.id offset 0) e
    where e.workspace = ${parameters.add(search.workspace, 'text')} offset 0`;
  const text = `
    select coalesce(json_agg(placed.number), '[]') as numbers, coalesce(json_agg(placed.revision), '[]') as revisions,
      json_agg(json_build_array(${outer.map((_, place) => `placed.k${place}`).join(', ')})) filter (where placed.place = ${parameters.add(wanted, 'bigint')}) -> 0 as last_key,
      ${pendingSql(search, experimentIds)} as pending
    from (
      select page.*, row_number() over (order by ${orderBySql(outer)}) as place from (${experiments}) e
      cross join lateral (
        select r.number, case when e.lifecycle_stage = 'deleted' then -r.revision else r.revision end as revision, ${keys}
        from ${from} ${order.joins.join(' ')}
        where ${all.length === 0 ? 'true' : all.join(' and ')} order by ${orderBySql(order.keys)} limit ${size + 1}) page
      order by ${orderBySql(outer)} limit ${size + 1}) placed`;
  return { text, values: parameters.values };
}

/** Read with the page: what is not pending here was in the indexes that the page was read from. */
function pendingSql({ filter, orderBy }: RunSearch, experimentIds: string): string {
  if (![...filter, ...orderBy].some(({ entity }) => entity === 'metric')) return 'false';
  return `exists (select from tracking.metric_pending p where p.experiment_id = any(${experimentIds}))`;
}

interface SourceSql {
  readonly from: string;
  readonly atHand: AtHand;
  readonly conditions: readonly string[];
  /** Sort keys of the order's first term, where the source knows them. */
  readonly first: readonly SortKey[] | null;
}

/**
 * A run by its number, read where it is asked for and not before. Its experiment is looked at outside, where no other index can be thought to find
 * the run by it.
 */
const runByNumber = (number: string) =>
  `cross join lateral (select r.* from tracking.run r where r.number = ${number} offset 0) r`;

function sourceSql(source: RunSource, parameters: SqlParameters): SourceSql {
  const ofExperiment = 'r.experiment_id = e.experiment_id';
  switch (source.kind) {
    case 'runs':
      return { from: 'tracking.run r', atHand: { number: 'r.number' }, conditions: [ofExperiment], first: null };
    case 'candidates':
      return {
        from: `(${source.candidates.sql(parameters)} offset 0) c ${runByNumber('c.number')}`,
        atHand: { number: 'c.number' },
        conditions: [ofExperiment],
        first: null,
      };
    case 'numbers':
    case 'nans': {
      const { key, descending } = source.metric;
      const numbers = source.kind === 'numbers';
      return {
        from: `tracking.metric_latest w ${runByNumber('w.run_number')}`,
        atHand: { number: 'w.run_number', metric: { key, value: 'w.value' } },
        conditions: [
          ofExperiment,
          `w.experiment_id = e.experiment_id and w.key_id = ${metricKeySql(key, parameters)} and w.value ${numbers ? '<' : '='} 'NaN'`,
        ],
        first: metricKeys(source.kind, numbers ? 'w.value' : '0::double precision', descending),
      };
    }
    case 'unmeasured': {
      const { key, descending } = source.metric;
      return {
        from: 'tracking.run r',
        atHand: { number: 'r.number' },
        conditions: [
          ofExperiment,
          `(select true from tracking.metric_latest w where w.run_number = r.number and w.key_id = ${metricKeySql(key, parameters)}) is null`,
        ],
        first: metricKeys('unmeasured', '0::double precision', descending),
      };
    }
  }
}

function metricKeys(kind: keyof typeof metricClass, value: string, descending: boolean): SortKey[] {
  return [
    { sql: `${metricClass[kind]}::bigint`, type: 'bigint', descending: false, constant: true },
    { sql: value, type: 'double precision', descending },
  ];
}

/**
 * The subquery asks nothing of the row at hand, so it is read once, into a hash table; "is true" keeps it from becoming a join. The planner takes
 * every array for a short one: from a subquery that it thinks long it would make no hash table, and read it again for each row.
 */
function amongSql(among: Candidates, number: string, experimentIds: string, parameters: SqlParameters): string {
  const all = `select c.number from unnest(${experimentIds}) as e (experiment_id) cross join lateral (${among.sql(parameters)} offset 0) c`;
  return `(${number} in (select unnest(array(${all})))) is true`;
}

/** Says of the first key that varies what `afterSql` says of all of them together: an index can begin there. */
function boundSql({ keys }: RunOrder, after: readonly PageKey[], parameters: SqlParameters): string {
  const place = keys.findIndex(({ constant }) => constant !== true);
  const key = keys[place];
  if (key === undefined || key.type === 'text') return 'true';
  return `${key.sql} ${key.descending ? '<=' : '>='} ${parameters.add(after[place], key.type)}`;
}
