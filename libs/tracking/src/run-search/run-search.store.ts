import { type Database, InjectDatabase, PreparedTexts } from '@assay/platform/database';
import { type Comparison, limits, type OrderTerm, type PageKey } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { LatestValues } from '../latest-values/latest-values.js';
import type { RunVersion } from '../runs/rendered-runs.js';
import { encodePage, readToken } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { CandidateCounts } from './candidate-counts.js';
import { type Candidates, candidatesOf } from './candidates.js';
import { runOrder } from './run-order.js';
import { type RunPageRow, type RunPart, type RunSearch, runSearchStatement } from './run-search-statement.js';
import { metricClass, type RunSource } from './run-walk.js';
import { sieveOf } from './sieves.js';

/** What a candidate costs, in runs passed on a walk that looks a clause up each time: gathered and sorted, or put into a set. */
const gatheringCost = 1.5;
const settingCost = 0.25;

/** Runs are taken at once that should fill the page, and a few more. */
const slack = 1.15;
/** The part of the runs that a clause lets through of which nothing is known. */
const unknownShare = 0.5;

export interface RunPage {
  readonly runs: readonly RunVersion[];
  readonly nextPageToken: string | null;
}

/** Finds the runs of a page. What to read them from is chosen here, so that it depends neither on statistics nor on luck; see ADR 0011. */
@Injectable()
export class RunSearchStore {
  /** Most runs that are worth reading first, to gather and sort them or as a set; and the fewest and most that are taken at once. */
  readonly limits = { known: 5000, fewestTaken: 250, mostTaken: 20_000 };

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly counts: CandidateCounts,
    private readonly texts: PreparedTexts,
    private readonly latest: LatestValues,
  ) {}

  /** The page as of now: where values of metrics have not reached the indexes yet they are moved there, and it is looked for once more. */
  async search(search: RunSearch, size: number, pageToken: string | undefined): Promise<RunPage> {
    const found = await this.find(search, size, pageToken, false);
    if (found !== null) return found;
    await this.latest.settle(search.experimentIds);
    const again = await this.find(search, size, pageToken, true);
    if (again === null) throw new Error('a search of settled values answers a page');
    return again;
  }

  /** Null where values are pending, unless all that were when the search began are `settled`. */
  private async find(
    search: RunSearch,
    size: number,
    pageToken: string | undefined,
    settled: boolean,
  ): Promise<RunPage | null> {
    const scope = JSON.stringify(['runs', search.experimentIds, search.filter, search.orderBy, search.viewType]);
    const { keys } = runOrder(search.orderBy, null, new SqlParameters());
    const after = readToken(scope, keys, pageToken);
    const page = new Map<number, number>();
    let last: readonly PageKey[] | null = null;
    const counted = await this.counted(search, size);
    const ordered = fewestFirst(search, counted);
    const share = this.counts.share(scope) ?? (await this.shareThatPasses(ordered, counted));
    for (const source of await this.sources(search, counted, size, after)) {
      let batch = this.taking(size + 1, share);
      let reached: PageKey | null = null;
      do {
        const wanted = size - page.size;
        const part = { size, wanted, after: keysWithin(source, after), batch, reached };
        const row = await this.read(ordered, source, part);
        if (row.pending && !settled) return null;
        const taken = row.batch?.more?.taken ?? batch;
        if (row.batch !== null && taken > 0) this.counts.sawShare(scope, row.batch.passed / taken);
        last = row.last_key ?? last;
        for (const [place, number] of row.numbers.entries()) {
          if (place === wanted)
            return { runs: runsOf(page), nextPageToken: last === null ? null : encodePage(scope, last) };
          page.set(number, row.revisions[place] ?? 0);
        }
        reached = taken < batch ? null : (row.batch?.more?.reached ?? null);
        batch = this.taking(size + 1 - page.size, row.numbers.length / taken);
      } while (reached !== null);
    }
    return { runs: runsOf(page), nextPageToken: null };
  }

  private async read(search: RunSearch, source: RunSource, part: RunPart): Promise<RunPageRow> {
    const { text, values } = runSearchStatement(search, source, part);
    const [row] = await this.database.walk<RunPageRow>(this.texts.statement(text), values);
    if (row === undefined) throw new Error('a search answers one row');
    return row;
  }

  /** How many runs to take so that about `wanted` pass. */
  private taking(wanted: number, share: number): number {
    const { fewestTaken, mostTaken } = this.limits;
    return Math.round(Math.min(mostTaken, Math.max(fewestTaken, (wanted / share) * slack)));
  }

  /** The part of the runs that passes what is asked of many at once, as far as it is known. */
  private async shareThatPasses(search: RunSearch, counted: readonly Counted[]): Promise<number> {
    const sieved = search.filter.filter((clause) => sieveOf(clause) !== null);
    if (sieved.length === 0) return 1;
    const runs = Math.max(1, await this.counts.runs(search));
    const shares = sieved.map((clause) => {
      const count = counted.find(({ candidates }) => candidates.clause === clause)?.count ?? Infinity;
      return count > this.limits.known ? unknownShare : Math.min(1, count / runs);
    });
    return shares.reduce((all, share) => all * share, 1);
  }

  /** Where the page comes from: what one source leaves open, the next fills. */
  private async sources(
    search: RunSearch,
    counted: readonly Counted[],
    size: number,
    after: readonly PageKey[] | null,
  ): Promise<RunSource[]> {
    const [first] = search.orderBy;
    const { gathered, among } = await this.chosenClause(search, counted, size);
    if (gathered !== null) return [{ kind: 'candidates', candidates: gathered }];
    if (first?.entity !== 'metric') return [{ kind: 'runs', among }];
    const begun = after?.[0] ?? 0;
    return classesWithin(search.filter, first)
      .filter((kind) => metricClass[kind] >= Number(begun))
      .map((kind) => ({ kind, metric: first, among }));
  }

  /** The clause with the fewest runs: whether they are gathered and sorted, or read as a set for the walk to ask, or neither. */
  private async chosenClause(
    search: RunSearch,
    [fewest]: readonly Counted[],
    size: number,
  ): Promise<{ gathered: Candidates | null; among: Candidates | null }> {
    if (fewest === undefined) return { gathered: null, among: null };
    const { candidates, count } = fewest;
    const [first] = search.orderBy;
    const indexed = first === undefined || first.entity === 'metric' || first.key === 'start_time';
    if (!indexed || count <= size) return { gathered: candidates, among: null };
    if (count > this.limits.known) return { gathered: null, among: null };
    const walked = ((size + 1) * (await this.counts.runs(search))) / count;
    if (count * gatheringCost <= walked) return { gathered: candidates, among: null };
    return { gathered: null, among: count * settingCost <= walked ? candidates : null };
  }

  /** The clauses that an index finds, those of fewest runs first. */
  private async counted(search: RunSearch, size: number): Promise<Counted[]> {
    const most = (size > this.limits.known ? limits.searchRuns : this.limits.known) + 1; // which ones a page has room for must be known
    const [first] = search.orderBy;
    const counted: Counted[] = [];
    for (const clause of search.filter) {
      // The walk along a metric begins and ends where a clause on it says.
      if (clause.entity === 'metric' && first?.entity === 'metric' && clause.key === first.key) continue;
      const candidates = candidatesOf(clause);
      if (candidates === null) continue;
      const count = await this.counts.candidates(search, candidates, most);
      counted.push({ candidates, count });
    }
    return counted.toSorted((one, other) => one.count - other.count || ranged(one) - ranged(other));
  }
}

/** How many runs pass a clause, as far as they were counted. */
interface Counted {
  readonly candidates: Candidates;
  readonly count: number;
}

/** Of clauses that pass more than are counted, a range most often passes more than one value. */
function ranged({ candidates: { clause } }: Counted): number {
  return clause.test.type === 'number' && clause.test.operator !== '=' ? 1 : 0;
}

function runsOf(page: ReadonlyMap<number, number>): RunVersion[] {
  return [...page].map(([number, revision]) => ({ number, revision }));
}

/** The search with its filter in an order that asks first what passes fewest. */
function fewestFirst(search: RunSearch, counted: readonly Counted[]): RunSearch {
  const indexed = counted.map(({ candidates }) => candidates.clause);
  return { ...search, filter: [...indexed, ...search.filter.filter((clause) => !indexed.includes(clause))] };
}

/** A clause on the metric itself leaves only those that it can hold for: numbers, or with `!=` NaN as well. */
function classesWithin(filter: readonly Comparison[], { key }: OrderTerm): (keyof typeof metricClass)[] {
  const onIt = filter.filter((clause) => clause.entity === 'metric' && clause.key === key);
  if (onIt.length === 0) return ['numbers', 'nans', 'unmeasured'];
  const differs = onIt.every(({ test }) => test.type === 'number' && test.operator === '!=');
  return differs ? ['numbers', 'nans'] : ['numbers'];
}

/** A page that begins in an earlier class begins this one at its start. */
function keysWithin(source: RunSource, after: readonly PageKey[] | null): readonly PageKey[] | null {
  if (after === null || source.kind === 'runs' || source.kind === 'candidates') return after;
  return after[0] === metricClass[source.kind] ? after : null;
}
