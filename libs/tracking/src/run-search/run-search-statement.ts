import type { Comparison, OrderTerm, PageKey, ViewType } from '@assay/pure/mlflow-wire';
import { afterSql, orderBySql, type SortKey } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import type { Candidates } from './candidates.js';
import { filterSql, stageSql } from './run-conditions.js';
import { type RunOrder, runOrder } from './run-order.js';
import { type RunSource, type RunWalk, walkOf } from './run-walk.js';
import { type Sieve, sieveOf } from './sieves.js';

export interface RunSearch {
  readonly workspace: string;
  readonly experimentIds: readonly string[];
  readonly filter: readonly Comparison[];
  readonly orderBy: readonly OrderTerm[];
  readonly viewType: ViewType;
}

/** What one statement looks for: runs behind the one with the keys `after`, as many as the page has room for and one more. */
export interface RunPart {
  /** Runs on a page. The statement's text depends on it, and on whether `after` and `reached` are there; all else is bound. */
  readonly size: number;
  /** Those that the page has room for still. */
  readonly wanted: number;
  readonly after: readonly PageKey[] | null;
  /** About how many runs are taken from the source at once, where they are sieved. */
  readonly batch: number;
  /** The key that the batch before this one ended with. */
  readonly reached: PageKey | null;
}

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
  /** Null where the source was read as far as it was needed, or to its end. */
  readonly batch: TakenBatch | null;
}

/** Runs that were taken from a source: how many of them passed the sieves and, where the page has room still, what comes next. */
export interface TakenBatch {
  readonly passed: number;
  readonly more: { readonly taken: number; readonly reached: PageKey } | null;
}

/**
 * The runs of a part of a page, in the order asked for. There are two ways to pass the filter:
 * - run by run, until the page is full. Where few runs pass a clause, they are read first: each run is looked for in that set, and only those in it
 *   are asked for the other clauses. Also where the filter asks for nothing that was logged.
 * - in batches, where a set would be large: some runs are taken from the source and go through one clause after the other, each a single look into
 *   an index (`sieves.ts`); only those that pass all are read.
 */
export function runSearchStatement(search: RunSearch, source: RunSource, part: RunPart): RunSearchStatement {
  const parameters = new SqlParameters('hidden');
  const experimentIds = parameters.add(search.experimentIds, 'bigint[]');
  const experiments = `select e.experiment_id, e.lifecycle_stage from unnest(${experimentIds}) as asked (id)
    cross join lateral (select x.* from tracking.experiment x where x.experiment_id = asked.id offset 0) e
    where e.workspace = ${parameters.add(search.workspace, 'text')} offset 0`;
  const walk = walkOf(source, search.filter, parameters);
  const order = runOrder(search.orderBy, walk.first, parameters);
  const searched: Searched = {
    search,
    part,
    experimentIds,
    experiments,
    walk,
    order,
    along: alongOf(walk, order),
    parameters,
  };
  const left = search.filter.filter((clause) => !walk.held.includes(clause));
  const sieves = left.map(sieveOf).filter((sieve) => sieve !== null);
  const byRun = sieves.length === 0 || source.kind === 'candidates' || source.among !== null;
  const { withs, pages, batch } = byRun ? runByRun(searched, source, left) : inBatches(searched, sieves, left);
  const outer = order.keys.map((key, place) => ({ ...key, sql: `page.k${place}` }));
  const text = `${withs}
    select coalesce(json_agg(placed.number), '[]') as numbers, coalesce(json_agg(placed.revision), '[]') as revisions,
      json_agg(json_build_array(${outer.map((_, place) => `placed.k${place}`).join(', ')})) filter (where placed.place = ${parameters.add(part.wanted, 'bigint')}) -> 0 as last_key,
      ${pendingSql(search, experimentIds)} as pending, ${batch} as batch
    from (
      select page.*, row_number() over (order by ${orderBySql(outer)}) as place from ${pages}
      order by ${orderBySql(outer)} limit ${part.size + 1}) placed`;
  return { text, values: parameters.values };
}

interface Searched {
  readonly search: RunSearch;
  readonly part: RunPart;
  readonly experimentIds: string;
  /** SQL of the experiments `e`. */
  readonly experiments: string;
  readonly walk: RunWalk;
  readonly order: RunOrder;
  /** The first key that varies, where the source has its runs in that order. */
  readonly along: SortKey | null;
  readonly parameters: SqlParameters;
}

interface Pages {
  readonly withs: string;
  readonly pages: string;
  readonly batch: string;
}

function runByRun(searched: Searched, source: RunSource, left: readonly Comparison[]): Pages {
  const { search, walk, experiments, experimentIds, parameters } = searched;
  const among = source.kind === 'candidates' ? null : source.among;
  const from = `${walk.from} ${walk.hasRun ? '' : runByNumber(walk.number)}`;
  const page = pageSql(searched, from, [
    ...walk.conditions,
    ...ofRunSql(search),
    ...(among === null ? [] : [amongSql(among, walk.number, experimentIds, parameters)]),
    ...filterSql(
      left.filter((clause) => clause !== among?.clause),
      walk.number,
      parameters,
    ),
    ...boundSql(searched),
  ]);
  return {
    withs: '',
    pages: `(${experiments}) e cross join lateral (${page}) page`,
    batch: 'null',
  };
}

function inBatches(searched: Searched, sieves: readonly Sieve[], left: readonly Comparison[]): Pages {
  const { search, walk, experiments, along, part, parameters } = searched;
  const sieved = sieves.map(({ clause }) => clause);
  const ofRun = [
    ...ofRunSql(search),
    ...filterSql(
      left.filter((clause) => !sieved.includes(clause)),
      'r.number',
      parameters,
    ),
  ];
  const last = `sieved${sieves.length - 1}`;
  const page = pageSql(
    searched,
    `walked w ${walk.hasRun ? 'cross join lateral (select (w.run).*) r' : runByNumber('w.number')}
      cross join lateral (select a.* from asked a where a.experiment_id = r.experiment_id offset 0) e`,
    [inSql('w.number', `select s.number from ${last} s`), ...(walk.hasRun ? [] : ofRun)],
  );
  const through = sieves.map(({ sql }, place) => {
    const numbers =
      place === 0 ? 'array(select w.number from walked w)' : `array(select s.number from sieved${place - 1} s)`;
    return `sieved${place} as materialized (${sql(numbers, parameters)})`;
  });
  return {
    withs: `with asked as materialized (${experiments}), walked as materialized (${batchSql(searched, walk.hasRun ? ofRun : [])}), ${through.join(', ')}`,
    pages: `(${page}) page`,
    batch:
      along === null
        ? 'null'
        : `json_build_object('passed', (select count(*) from ${last}), 'more', case when count(*) <= ${parameters.add(part.wanted, 'bigint')}
            then (select json_build_object('taken', count(*), 'reached', ${along.descending ? 'min' : 'max'}(w.value)) from walked w) end)`,
  };
}

/** Runs of the source with what it knows of them; with all that tie with the last, so that the next batch begins behind its key. */
function batchSql(searched: Searched, ofRun: readonly string[]): string {
  const { search, walk, along, part, parameters } = searched;
  const known = [
    `${walk.number} as number`,
    ...(along === null ? [] : [`${along.sql} as value`]),
    ...(walk.hasRun ? ['r as run'] : []),
  ];
  const conditions = [...walk.conditions, ...ofRun, ...boundSql(searched)];
  const taken = `select ${known.join(', ')} from ${walk.from} where ${conditions.join(' and ')}`;
  const most = (sql: string): string =>
    along === null
      ? ''
      : `order by ${orderBySql([{ ...along, sql }])} fetch first (${parameters.add(part.batch, 'bigint')}) rows with ties`;
  const ofAll = search.experimentIds.length > 1 ? most('page.value') : '';
  return `select page.* from asked e cross join lateral (${taken} ${most(along?.sql ?? '')}) page ${ofAll}`;
}

function pageSql({ order, part, parameters }: Searched, from: string, conditions: readonly string[]): string {
  const keys = order.keys.map(({ sql }, place) => `${sql} as k${place}`).join(', ');
  const behind = part.after === null ? [] : [afterSql(order.keys, part.after, parameters)];
  return `select r.number, case when e.lifecycle_stage = 'deleted' then -r.revision else r.revision end as revision, ${keys}
    from ${from} ${order.joins.join(' ')} where ${[...conditions, ...behind].join(' and ')}
    order by ${orderBySql(order.keys)} limit ${part.size + 1}`;
}

/** Conditions on the run `r` of experiment `e` that every search makes. */
function ofRunSql({ viewType }: RunSearch): string[] {
  return ['r.experiment_id = e.experiment_id', ...stageSql(viewType)];
}

/**
 * The subquery asks nothing of the row at hand, so it is read once, into a hash table; "is true" keeps it from becoming a join. The planner takes
 * every array for a short one: from a subquery that it thinks long it would make no hash table, and read it again for each row.
 */
function amongSql(among: Candidates, number: string, experimentIds: string, parameters: SqlParameters): string {
  const all = `select c.number from unnest(${experimentIds}) as e (experiment_id) cross join lateral (${among.sql(parameters)} offset 0) c`;
  return inSql(number, all);
}

function inSql(number: string, numbers: string): string {
  return `(${number} in (select unnest(array(${numbers})))) is true`;
}

/**
 * A run by its number, read where it is asked for and not before. Its experiment is looked at outside, where no other index can be thought to find
 * the run by it.
 */
function runByNumber(number: string): string {
  return `cross join lateral (select r.* from tracking.run r where r.number = ${number} offset 0) r`;
}

function alongOf(walk: RunWalk, { keys }: RunOrder): SortKey | null {
  const first = keys.find(({ constant }) => constant !== true);
  return first !== undefined && first.sql === walk.along ? first : null;
}

/** Says of the first key that varies what `afterSql` says of all of them together: an index can begin there. */
function boundSql({ along, order, part: { after, reached }, parameters }: Searched): string[] {
  if (along === null) return [];
  if (reached !== null) return [`${along.sql} ${along.descending ? '<' : '>'} ${parameters.add(reached, along.type)}`];
  if (after === null) return [];
  return [
    `${along.sql} ${along.descending ? '<=' : '>='} ${parameters.add(after[order.keys.indexOf(along)], along.type)}`,
  ];
}

/** Read with the page: what is not pending here was in the indexes that the page was read from. */
function pendingSql({ filter, orderBy }: RunSearch, experimentIds: string): string {
  if (![...filter, ...orderBy].some(({ entity }) => entity === 'metric')) return 'false';
  return `exists (select from tracking.metric_pending p where p.experiment_id = any(${experimentIds}))`;
}
