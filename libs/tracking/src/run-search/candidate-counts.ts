import { createHash } from 'node:crypto';
import { Clock, type Database, InjectDatabase, PreparedTexts, ProcessCaches } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { SqlParameters } from '../search/sql-parameters.js';
import type { Candidates } from './candidates.js';
import type { RunSearch } from './run-search-statement.js';

const goodForMs = 60_000;
const mostRemembered = 1000;
const mostRuns = 100_000;

/** Where it is counted: whoever is of another workspace sees no runs there. */
type Place = Pick<RunSearch, 'workspace' | 'experimentIds'>;

interface Remembered {
  readonly value: number;
  readonly until: number;
}

/**
 * How many runs pass a clause, and how many there are: counted up to a bound through an index, and remembered for a while; and what part of the
 * runs passed a whole filter when it was last asked. They choose how a page is read and nothing else, so an old count costs time at worst.
 */
@Injectable()
export class CandidateCounts {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly texts: PreparedTexts,
    private readonly clock: Clock,
    caches: ProcessCaches,
  ) {
    caches.add(() => this.remembered.clear());
  }

  /** Runs of the experiments that pass the clause, at most `most`. */
  candidates(place: Place, candidates: Candidates, most: number): Promise<number> {
    return this.count(['passing', most, candidates.clause], place, most, (parameters) => candidates.sql(parameters));
  }

  /** Runs of the experiments, at most a hundred thousand. */
  runs(place: Place): Promise<number> {
    return this.count(
      ['runs'],
      place,
      mostRuns,
      () => 'select from tracking.run r where r.experiment_id = e.experiment_id',
    );
  }

  /** The part of the runs that passed a search, as `sawShare` was told; null where it was not. */
  share(search: string): number | null {
    return this.known(search);
  }

  sawShare(search: string, share: number): void {
    this.remember(search, share);
  }

  private async count(
    what: readonly unknown[],
    { workspace, experimentIds }: Place,
    most: number,
    sql: (parameters: SqlParameters) => string,
  ): Promise<number> {
    const key = JSON.stringify([...what, workspace, experimentIds]);
    const known = this.known(key);
    if (known !== null) return known;
    const parameters = new SqlParameters('hidden');
    const ids = parameters.add(experimentIds, 'bigint[]');
    const text = `select count(*)::int4 as count from (
      select from unnest(${ids}) as e (experiment_id) cross join lateral (${sql(parameters)} limit ${most}) c limit ${most}) counted`;
    const [row] = await this.database.walk<{ count: number }>(this.texts.statement(text), parameters.values);
    const count = row?.count ?? 0;
    this.remember(key, count);
    return count;
  }

  private known(key: string): number | null {
    const known = this.remembered.get(shortened(key));
    return known !== undefined && known.until > this.clock.now().getTime() ? known.value : null;
  }

  private remember(key: string, value: number): void {
    const short = shortened(key);
    this.remembered.delete(short);
    this.remembered.set(short, { value, until: this.clock.now().getTime() + goodForMs });
    for (const oldest of this.remembered.keys()) {
      if (this.remembered.size <= mostRemembered) break;
      this.remembered.delete(oldest);
    }
  }
}

/** A search may name thousands of experiments or have a long filter: a thousand such keys would be a gigabyte. */
function shortened(key: string): string {
  return key.length <= 1000 ? key : createHash('sha256').update(key).digest('hex');
}
