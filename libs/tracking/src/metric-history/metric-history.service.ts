import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { AppError } from '@assay/platform/http';
import type { MetricColumns } from '@assay/pure/formats';
import {
  decodePageToken,
  encodePageToken,
  limits,
  type MetricHistoryBulkRequest,
  type MetricHistoryRequest,
  type MetricHistorySampleRequest,
} from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { runNotFound } from '../runs/run.js';
import { type HistoryPart, historyJson, sendable } from './history-json.js';
import { MetricHistoryStore } from './metric-history.store.js';
import { sampleHistory } from './sample-history.js';

/** Histories of metrics, as the JSON that is sent. */
@Injectable()
export class MetricHistoryService {
  constructor(private readonly histories: MetricHistoryStore) {}

  /** One run's history, whole or page by page. */
  async one(actor: Actor, request: MetricHistoryRequest): Promise<Buffer | Readable> {
    const { run_id: runId, metric_key: key } = request;
    const scope = JSON.stringify(['history', runId, key]);
    const after = readPosition(scope, request.page_token);
    const points = await this.histories.history(actor.workspace, runId, key, after?.timestamp ?? 0);
    if (points === null) throw runNotFound(runId);
    const from = after === null ? 0 : placeBehind(points, after);
    const asked = request.max_results ?? (after === null ? Number.POSITIVE_INFINITY : limits.historyPage);
    const to = Math.min(from + asked, points.values.length);
    if (from >= to) return Buffer.from('{}');
    const more = to < points.values.length;
    const end = more ? `,"next_page_token":"${encodePageToken(scope, positionOf(points, to - 1))}"` : '';
    return sendable(historyJson([{ key, points, from, to }], end), to - from);
  }

  /** Several runs' histories one after the other, up to a number of points in all. Runs that are not there have none. */
  async bulk(actor: Actor, request: MetricHistoryBulkRequest): Promise<Buffer | Readable> {
    const { metric_key: key } = request;
    const parts: HistoryPart[] = [];
    let room = request.max_results;
    // One after the other: of all these histories no more than one is held whole.
    for (const runId of [...new Set(request.run_id)].toSorted()) {
      if (room === 0) break;
      const history = await this.histories.history(actor.workspace, runId, key, 0);
      if (history === null) continue;
      const points = head(history, room);
      parts.push({ key, runId, points, from: 0, to: points.values.length });
      room -= points.values.length;
    }
    return sendable(historyJson(parts, ''), request.max_results - room);
  }

  /** Several runs' histories, each thinned out evenly. */
  async samples(actor: Actor, request: MetricHistorySampleRequest): Promise<Buffer | Readable> {
    const { run_ids: runIds, metric_key: key, max_results: most, start_step: start, end_step: end } = request;
    const parts: HistoryPart[] = [];
    for (const runId of runIds) {
      const history = await this.histories.history(actor.workspace, runId, key, 0);
      if (history === null) throw runNotFound(runId);
      const points = sampleHistory(history, most, start, end);
      parts.push({ key, runId, points, from: 0, to: points.values.length });
    }
    const total = parts.reduce((sum, { to }) => sum + to, 0);
    return total === 0 ? Buffer.from('{}') : sendable(historyJson(parts, ''), total);
  }
}

/** The first points of a history, in memory of their own. */
function head({ timestamps, steps, values }: MetricColumns, count: number): MetricColumns {
  return { timestamps: timestamps.slice(0, count), steps: steps.slice(0, count), values: values.slice(0, count) };
}

/** Where a page of a history starts: behind this point. */
interface HistoryPosition {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

function positionOf({ timestamps, steps, values }: MetricColumns, place: number): [number, number, string] {
  return [timestamps[place] ?? 0, steps[place] ?? 0, String(values[place] ?? 0)];
}

function readPosition(scope: string, token: string | undefined): HistoryPosition | null {
  if (token === undefined || token === '') return null;
  const values = decodePageToken(scope, token, ['integer', 'integer', 'string']);
  const [timestamp, step, value] = values ?? [];
  if (
    typeof timestamp !== 'number' ||
    typeof step !== 'number' ||
    typeof value !== 'string' ||
    !/^(NaN|[-+.\deE]+)$/.test(value)
  ) {
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      'Invalid page token: take it from the previous answer, and repeat the same query.',
    );
  }
  return { timestamp, step, value: Number(value) };
}

/** The first place whose point comes after a position; found by halving, as the points are in order. */
function placeBehind({ timestamps, steps, values }: MetricColumns, after: HistoryPosition): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order =
      (timestamps[middle] ?? 0) - after.timestamp ||
      (steps[middle] ?? 0) - after.step ||
      compareValues(values[middle] ?? 0, after.value);
    if (order > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** NaN is the last of its moment. */
function compareValues(one: number, other: number): number {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  return one - other;
}
