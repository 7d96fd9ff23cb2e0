import { acrossWorkspaces, type Database, InjectDatabase, inTransaction } from '@assay/platform/database';
import {
  decodeMetricChunk,
  decodeMetricPoints,
  encodeMetricChunk,
  type MetricColumns,
  mergeMetricPoints,
} from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { type FoldedChunk, type LooseCount, MetricFoldingStore, type StoredChunk } from './metric-folding.store.js';

/** A run is folded from so many loose chunks on: below it a history reads them all without harm. */
const enoughChunks = 64;
/** Loose chunks of so many points are as dense as folded ones; those wait until a history would read too much beside its own metric. */
const densePoints = 256;
const tooMuchToRead = 500_000;
/** Chunks that one round of the first pass looks at, newest runs first. */
const window = 20_000;
/** Runs with new points that one round looks at, and how many are kept in mind. */
const runsPerLook = 200;
const mostInMind = 100_000;
/** Runs folded in one round, and what is taken of a run in one transaction: they bound how long the process is busy. */
const runsPerRound = 8;
const chunksPerFold = 2048;
const pointsPerFold = 65_536;
/** Most points of a folded chunk. */
const pointsPerChunk = 4096;
/** A folded chunk is taken up again while it has at most so many times the points that come to it: else each point would be written often. */
const growth = 4;

export interface FoldingRound {
  /** Loose chunks that were folded. */
  readonly folded: number;
  /** Nothing is left to look at before new points come. */
  readonly atEnd: boolean;
}

/**
 * Folds loose chunks (what single writes brought to a run, of all its metrics) into chunks of one metric each, and drops points that stand
 * there twice. Each fold is one transaction, so a reader finds the points before or after it, never half; writers only add loose chunks and
 * never wait for it. Of several processes one at a time folds a run.
 *
 * A process passes through all runs once, for what others left behind, and from then on looks only at runs that have got points.
 */
@Injectable()
export class FoldMetrics {
  /** Where the pass through all runs is; null when it has ended. */
  private belowRun: number | null = Number.MAX_SAFE_INTEGER;
  private inMind = new Set<number>();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: MetricFoldingStore,
  ) {}

  /** Told of runs that have got points. */
  consider(runs: readonly number[]): void {
    for (const run of runs) this.inMind.add(run);
    if (this.inMind.size <= mostInMind) return;
    this.inMind = new Set();
    this.belowRun = Number.MAX_SAFE_INTEGER;
  }

  /** One bounded step. */
  async round(): Promise<FoldingRound> {
    const { belowRun } = this;
    const folded = await acrossWorkspaces(() => (belowRun === null ? this.lookAtRuns() : this.passFrom(belowRun)));
    return { folded, atEnd: this.belowRun === null && this.inMind.size === 0 };
  }

  private async lookAtRuns(): Promise<number> {
    const looked = [...this.inMind].slice(0, runsPerLook);
    if (looked.length === 0) return 0;
    for (const run of looked) this.inMind.delete(run);
    try {
      const due = (await this.store.countLooseOf(this.database, looked, chunksPerFold)).filter(isDue);
      let folded = 0;
      for (const { run } of due.slice(0, runsPerRound)) folded += await this.fold(run);
      this.consider(
        due.filter(({ chunks }, place) => place >= runsPerRound || chunks === chunksPerFold).map(({ run }) => run),
      );
      return folded;
    } catch (error) {
      this.consider(looked);
      throw error;
    }
  }

  private async passFrom(belowRun: number): Promise<number> {
    const counted = await this.store.countLoose(this.database, belowRun, window);
    const looked = counted.reduce((sum, { chunks }) => sum + chunks, 0);
    // A full window may end within a run: the next one begins with all of it.
    const seen = looked === window && counted.length > 1 ? counted.slice(0, -1) : counted;
    const due = seen.filter(isDue).slice(0, runsPerRound);
    let folded = 0;
    for (const { run } of due) folded += await this.fold(run);
    this.consider(due.map(({ run }) => run)); // one fold may not have been enough
    const busy = due.length === runsPerRound;
    const last = (busy ? due : seen).at(-1);
    this.belowRun = last === undefined || (!busy && looked < window) ? null : last.run;
    return folded;
  }

  /** Folds the oldest loose chunks of a run, and answers how many. */
  async fold(run: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const session = inTransaction(tx);
      if (!(await this.store.lock(session, run))) return 0;
      const loose = await this.store.loose(session, run, chunksPerFold, pointsPerFold);
      if (loose.length === 0) return 0;
      const pieces = byKey(loose);
      const most = new Map(
        [...pieces].map(([key, each]) => [key, Math.min(growth * countOf(each), pointsPerChunk - 1)]),
      );
      const newest = await this.store.newestFolded(session, run, most);
      for (const chunk of newest) pieces.get(chunk.key)?.unshift(decodeMetricPoints(chunk.points, chunk.key));
      const made = [...pieces].flatMap(([key, each]) => chunksOf(key, mergeMetricPoints(each)));
      await this.store.replace(session, run, [...loose, ...newest], made);
      return loose.length;
    });
  }
}

function isDue({ chunks, points }: LooseCount): boolean {
  return chunks >= enoughChunks && (points < chunks * densePoints || points >= tooMuchToRead);
}

function byKey(chunks: readonly StoredChunk[]): Map<number, MetricColumns[]> {
  const pieces = new Map<number, MetricColumns[]>();
  for (const { points } of chunks) {
    for (const series of decodeMetricChunk(points)) {
      const known = pieces.get(series.key);
      if (known === undefined) pieces.set(series.key, [series]);
      else known.push(series);
    }
  }
  return pieces;
}

function countOf(pieces: readonly MetricColumns[]): number {
  return pieces.reduce((sum, { values }) => sum + values.length, 0);
}

/** A history cut into chunks. */
function chunksOf(key: number, { timestamps, steps, values }: MetricColumns): FoldedChunk[] {
  const starts = Array.from(
    { length: Math.ceil(values.length / pointsPerChunk) },
    (_, place) => place * pointsPerChunk,
  );
  return starts.map((start) => {
    const part = (column: Float64Array): Float64Array => column.subarray(start, start + pointsPerChunk);
    const times = part(timestamps);
    return {
      key,
      firstMs: times[0] ?? 0,
      lastMs: times.at(-1) ?? 0,
      count: times.length,
      points: encodeMetricChunk([{ key, timestamps: times, steps: part(steps), values: part(values) }]),
    };
  });
}
