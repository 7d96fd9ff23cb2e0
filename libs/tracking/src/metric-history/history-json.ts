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

/** JSON of the points, in pieces: a history is far larger as text than packed, so it is written while it is sent. */
export function* historyJson(parts: Iterable<HistoryPart>, end: string): Generator<Buffer> {
  let text = '{"metrics":[';
  let separator = '';
  let pending = 0;
  for (const { key, runId, points, from, to } of parts) {
    const { timestamps, steps, values } = points;
    const opening = `{"key":${JSON.stringify(key)},"value":`;
    const closing = runId === undefined ? '}' : `,"run_id":${JSON.stringify(runId)}}`;
    for (let place = from; place < to; place += 1) {
      const value = values[place] ?? 0;
      text += `${separator}${opening}${value === value ? value : '"NaN"'},"timestamp":${timestamps[place] ?? 0},"step":${steps[place] ?? 0}${closing}`;
      separator = ',';
      pending += 1;
      if (pending < pointsAtOnce) continue;
      yield Buffer.from(text);
      text = '';
      pending = 0;
    }
  }
  yield Buffer.from(`${text}]${end}}`);
}

/** An answer ready to be sent: whole while it is small, else a stream. */
export function sendable(json: Generator<Buffer>, points: number): Buffer | Readable {
  return points <= pointsAtOnce ? Buffer.concat([...json]) : Readable.from(json, { objectMode: false });
}
