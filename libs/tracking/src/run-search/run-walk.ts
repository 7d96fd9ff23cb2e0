import type { Comparison, OrderTerm } from '@assay/pure/mlflow-wire';
import type { SortKey } from '../search/keyset.js';
import type { SqlParameters } from '../search/sql-parameters.js';
import { metricTestSql } from '../search/test-sql.js';
import type { Candidates } from './candidates.js';
import { metricKeySql } from './run-conditions.js';

/**
 * Where a search takes its runs from:
 * - `runs`: all runs of the experiments, newest first by an index; sorted where another order is asked for.
 * - `candidates`: the few runs that pass one clause of the filter, sorted.
 * - `numbers`, `nans`, `unmeasured`: the runs by the metric that the order begins with, in MLflow's three classes. Numbers come from an index in
 *   the order asked for, so that a page costs what it shows and not what there is.
 * `among` are runs that pass one clause and are worth being read first, into a set that each run is looked for in.
 */
export type RunSource =
  | { readonly kind: 'candidates'; readonly candidates: Candidates }
  | { readonly kind: 'runs'; readonly among: Candidates | null }
  | { readonly kind: 'numbers' | 'nans' | 'unmeasured'; readonly metric: OrderTerm; readonly among: Candidates | null };

/** The place of each class in the order, as page tokens have it. */
export const metricClass = { numbers: 0, nans: 1, unmeasured: 2 } as const;

/** A source as SQL, for one experiment `e`. */
export interface RunWalk {
  /** Tables with their aliases, and the conditions on them: `w`, values of a metric; `c`, candidates; `r`, runs. */
  readonly from: string;
  readonly conditions: readonly string[];
  /** The run's number in them. */
  readonly number: string;
  /** Whether the run `r` itself is among them. */
  readonly hasRun: boolean;
  /** Sort keys of the order's first term, where the source knows them. */
  readonly first: readonly SortKey[] | null;
  /** What of these an index has in order. */
  readonly along: 'w.value' | 'r.start_time_ms' | null;
  /** Clauses of the filter that the conditions hold already. */
  readonly held: readonly Comparison[];
}

export function walkOf(source: RunSource, filter: readonly Comparison[], parameters: SqlParameters): RunWalk {
  switch (source.kind) {
    case 'candidates': {
      const { clause, sql } = source.candidates;
      const from = `(${sql(parameters)} offset 0) c`;
      return { from, conditions: [], number: 'c.number', hasRun: false, first: null, along: null, held: [clause] };
    }
    case 'runs':
      return { ...allRuns, conditions: [], first: null };
    case 'unmeasured': {
      const value = `select true from tracking.metric_latest w where w.run_number = r.number and w.key_id = ${metricKeySql(source.metric.key, parameters)}`;
      return { ...allRuns, conditions: [`(${value}) is null`], first: firstKeys(source) };
    }
    case 'numbers':
    case 'nans': {
      const { key } = source.metric;
      const held = filter.filter((clause) => clause.entity === 'metric' && clause.key === key);
      const conditions = [
        `w.experiment_id = e.experiment_id and w.key_id = ${metricKeySql(key, parameters)} and w.value ${source.kind === 'numbers' ? '<' : '='} 'NaN'`,
        ...held.map(({ test }) => metricTestSql('w.value', test, parameters)),
      ];
      const along = source.kind === 'numbers' ? 'w.value' : null;
      const from = 'tracking.metric_latest w';
      return { from, conditions, number: 'w.run_number', hasRun: false, first: firstKeys(source), along, held };
    }
  }
}

const allRuns = {
  from: 'tracking.run r',
  number: 'r.number',
  hasRun: true,
  along: 'r.start_time_ms',
  held: [],
} as const;

function firstKeys({ kind, metric }: Extract<RunSource, { metric: OrderTerm }>): SortKey[] {
  const { descending } = metric;
  return [
    { sql: `${metricClass[kind]}::bigint`, type: 'bigint', descending: false, constant: true },
    kind === 'numbers'
      ? { sql: 'w.value', type: 'double precision', descending }
      : { sql: '0::double precision', type: 'double precision', descending, constant: true },
  ];
}
