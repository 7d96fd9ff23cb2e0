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
import { RunReadsStore } from '../runs/run-reads.store.js';
import { sendable } from '../sending/sendable.js';
import { Turns } from '../sending/turns.js';
import { type HistoryPart, historyJson } from './history-json.js';
import { type HistoryPage, HistoryPages, type HistoryPosition } from './history-pages.js';
import { sampleHistory } from './sample-history.js';

/** Histories that are sampled at once, of all requests: each is held in part, and keeps the process busy. */
const samplingsAtOnce = 1;

/** Histories of metrics, as the JSON that is sent. */
@Injectable()
export class MetricHistoryService {
  private readonly sampling = new Turns(samplingsAtOnce);

  constructor(
    private readonly histories: HistoryPages,
    private readonly runs: RunReadsStore,
  ) {}

  /** One run's history, whole or page by page. */
  async one(actor: Actor, request: MetricHistoryRequest): Promise<Buffer | Readable> {
    const { run_id: runId, metric_key: key } = request;
    const scope = JSON.stringify(['history', runId, key]);
    const after = readPosition(scope, request.page_token);
    const pages = await this.histories.open(actor.workspace, runId, key, after);
    if (pages === null) throw runNotFound(runId);
    const asked = request.max_results ?? (after === null ? Number.POSITIVE_INFINITY : limits.historyPage);
    let end = '';
    async function* parts(of: AsyncIterable<HistoryPage>): AsyncGenerator<HistoryPart> {
      let room = asked;
      let reached = '';
      for await (const { points, from, to } of of) {
        end = reached; // there is a point behind those asked for
        if (room === 0) return;
        const part = { key, points, from, to: Math.min(to, from + room) };
        room -= part.to - from;
        if (room === 0) reached = nextPage(scope, part);
        yield part;
        if (part.to < to) {
          end = reached;
          return;
        }
      }
    }
    return sendable(historyJson(parts(pages), () => end, '{}'));
  }

  /** Several runs' histories one after the other, up to a number of points in all. Runs that are not there have none. */
  async bulk(actor: Actor, request: MetricHistoryBulkRequest): Promise<Buffer | Readable> {
    const { metric_key: key, max_results: most } = request;
    const runIds = [...new Set(request.run_id)].toSorted();
    async function* parts(histories: HistoryPages): AsyncGenerator<HistoryPart> {
      let room = most;
      for (const runId of runIds)
        for await (const { points, from, to } of (await histories.open(actor.workspace, runId, key, null)) ?? []) {
          const part = { key, runId, points, from, to: Math.min(to, from + room) };
          room -= part.to - from;
          yield part;
          if (room === 0) return;
        }
    }
    return sendable(historyJson(parts(this.histories), () => '', '{"metrics":[]}'));
  }

  /** Several runs' histories, each thinned out evenly; refused where one of the runs is not there. */
  async samples(actor: Actor, request: MetricHistorySampleRequest): Promise<Buffer | Readable> {
    const { workspace } = actor;
    const { run_ids: runIds, metric_key: key, max_results: most, start_step: startStep, end_step: endStep } = request;
    const versions = await this.runs.versions(runIds.map((id) => ({ workspace, id })));
    const missing = runIds.find((_, place) => versions[place] === null);
    if (missing !== undefined) throw runNotFound(missing);
    const sample = (runId: string) =>
      this.sampling.take(() =>
        sampleHistory(() => this.histories.open(workspace, runId, key, null), { most, startStep, endStep }),
      );
    async function* parts(): AsyncGenerator<HistoryPart> {
      for (const runId of runIds) {
        const points = await sample(runId);
        if (points !== null) yield { key, runId, points, from: 0, to: points.values.length };
      }
    }
    return sendable(historyJson(parts(), () => '', '{}'));
  }
}

function nextPage(scope: string, { points, to }: HistoryPart): string {
  return `,"next_page_token":"${encodePageToken(scope, positionOf(points, to - 1))}"`;
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
