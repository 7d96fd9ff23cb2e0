import { Readable } from 'node:stream';
import type { MetricColumns } from '@assay/pure/formats';

/** Some points of a run's history: those at `places`, or all from `from` up to `to`. */
export interface HistoryPart {
  readonly key: string;
  /** Given where one answer holds several runs. */
  readonly runId?: string;
  readonly points: MetricColumns;
  readonly from: number;
  readonly to: number;
}

const pointsAtOnce = 4096;

/**
 * JSON of the points, in pieces: a history is far larger as text than packed, so it is written while it is sent. `JSON.stringify` writes doubles
 * in half the time that joining texts takes, so each piece is a list of its own, without its brackets.
 */
export function* historyJson(parts: Iterable<HistoryPart>, end: string): Generator<Buffer> {
  let opening = '{"metrics":[';
  let pending: object[] = [];
  for (const { key, runId, points, from, to } of parts) {
    const { timestamps, steps, values } = points;
    for (let place = from; place < to; place += 1) {
      const value = values[place] ?? 0;
      const point = {
        key,
        value: Number.isNaN(value) ? 'NaN' : value,
        timestamp: timestamps[place] ?? 0,
        step: steps[place] ?? 0,
      };
      pending.push(runId === undefined ? point : { ...point, run_id: runId });
      if (pending.length < pointsAtOnce) continue;
      yield Buffer.from(opening + JSON.stringify(pending).slice(1, -1));
      opening = ',';
      pending = [];
    }
  }
  yield Buffer.from(
    `${pending.length === 0 && opening === ',' ? '' : opening}${JSON.stringify(pending).slice(1, -1)}]${end}}`,
  );
}

/** An answer ready to be sent: whole while it is small, else a stream. */
export function sendable(json: Generator<Buffer>, points: number): Buffer | Readable {
  return points <= pointsAtOnce ? Buffer.concat([...json]) : Readable.from(json, { objectMode: false });
}
