import { Clock, type Database, InjectDatabase, PreparedTexts, ProcessCaches } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { SqlParameters } from '../search/sql-parameters.js';
import type { Candidates } from './candidates.js';

const goodForMs = 60_000;
const mostRemembered = 1000;
const mostRuns = 100_000;

interface Count {
  readonly count: number;
  readonly until: number;
}

/**
 * How many runs pass a clause, and how many there are: counted up to a bound through an index, and remembered for a while. They choose between
 * plans and nothing else, so an old count costs time at worst.
 */
@Injectable()
export class CandidateCounts {
  private readonly remembered = new Map<string, Count>();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly texts: PreparedTexts,
    private readonly clock: Clock,
    caches: ProcessCaches,
  ) {
    caches.add(() => this.remembered.clear());
  }

  /** Runs of the experiments that pass the clause, at most `most`. */
  candidates(experimentIds: readonly string[], candidates: Candidates, most: number): Promise<number> {
    return this.count(['passing', most, experimentIds, candidates.clause], experimentIds, most, (parameters) =>
      candidates.sql(parameters),
    );
  }

  /** Runs of the experiments, at most a hundred thousand. */
  runs(experimentIds: readonly string[]): Promise<number> {
    return this.count(
      ['runs', experimentIds],
      experimentIds,
      mostRuns,
      () => 'select from tracking.run r where r.experiment_id = e.experiment_id',
    );
  }

  private async count(
    what: unknown,
    experimentIds: readonly string[],
    most: number,
    sql: (parameters: SqlParameters) => string,
  ): Promise<number> {
    const key = JSON.stringify(what);
    const now = this.clock.now().getTime();
    const known = this.remembered.get(key);
    if (known !== undefined && known.until > now) return known.count;
    const parameters = new SqlParameters('hidden');
    const ids = parameters.add(experimentIds, 'bigint[]');
    const text = `select count(*)::int4 as count from (
      select from unnest(${ids}) as e (experiment_id) cross join lateral (${sql(parameters)} limit ${most}) c limit ${most}) counted`;
    const [row] = await this.database.walk<{ count: number }>(this.texts.statement(text), parameters.values);
    const count = row?.count ?? 0;
    this.remembered.delete(key);
    this.remembered.set(key, { count, until: now + goodForMs });
    for (const oldest of this.remembered.keys()) {
      if (this.remembered.size <= mostRemembered) break;
      this.remembered.delete(oldest);
    }
    return count;
  }
}
