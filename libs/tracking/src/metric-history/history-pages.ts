import { giveBack } from '@assay/platform/artifacts';
import type { MetricColumns } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { Turns } from '../sending/turns.js';
import { columnsOf, MetricHistoryStore, type StoredPage } from './metric-history.store.js';

/** A place in a history: behind this point. */
export interface HistoryPosition {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

/** Points of a history from one place up to another. */
export interface HistoryPage {
  readonly points: MetricColumns;
  readonly from: number;
  readonly to: number;
}

/** What is read at once, about: 0.4 MiB as columns. */
const pointsPerPage = 16_384;
/** Pages that are read and unpacked at once, of all histories together: one is unpacked while Postgres reads the next. */
const pagesAtOnce = 2;

/**
 * Reads histories of any length in order, a page at a time, so that of each no more than two pages are in memory, however many clients read and
 * however slowly. A page is what begins before some moment: whatever was written later begins there or behind it, so the points before that
 * moment are complete, and folding, which may go on meanwhile, moves no point to another moment.
 */
@Injectable()
export class HistoryPages {
  private readonly turns = new Turns(pagesAtOnce);

  constructor(private readonly store: MetricHistoryStore) {}

  /** The history behind a position; null without such a run. What fails at once fails here. A page is gone when the next one is asked for. */
  async open(
    workspace: string,
    runId: string,
    key: string,
    after: HistoryPosition | null,
  ): Promise<AsyncGenerator<HistoryPage> | null> {
    const read = (fromMs: number, most: number) =>
      this.turns.take(() => this.store.page(workspace, runId, key, fromMs, most));
    const first = await read(after?.timestamp ?? 0, pointsPerPage);
    return first === null ? null : pages(first, after, read);
  }
}

async function* pages(
  first: StoredPage,
  after: HistoryPosition | null,
  read: (fromMs: number, most: number) => Promise<StoredPage | null>,
): AsyncGenerator<HistoryPage> {
  let fromMs = after?.timestamp ?? 0;
  let most = pointsPerPage;
  let page: StoredPage | null = first;
  while (page !== null) {
    const points: MetricColumns = page.points;
    const nextMs: number | null = page.nextMs;
    const from: number =
      after !== null && fromMs === after.timestamp ? placeBehind(points, after) : placeAt(points, fromMs);
    const to = nextMs === null ? points.values.length : placeAt(points, nextMs);
    // Where writes overlap in time, much of a page may lie behind its end: then a larger one, so that nothing is read many times over.
    most = 2 * (to - from) < points.values.length ? 2 * most : pointsPerPage;
    fromMs = Math.max(fromMs, nextMs ?? fromMs);
    const ahead: Promise<StoredPage | null> | null = nextMs === null ? null : read(fromMs, most); // while this one is sent
    ahead?.catch(() => undefined); // told below, unless nobody reads on
    if (to > from) yield { points, from, to };
    giveBack(columnsOf(points)); // whoever asks for the next page has written this one
    page = await ahead;
  }
}

/** The first place at or behind a moment. */
function placeAt({ timestamps }: MetricColumns, ms: number): number {
  return firstPlace(timestamps.length, (place) => (timestamps[place] ?? 0) >= ms);
}

/** The first place whose point comes after a position. */
function placeBehind({ timestamps, steps, values }: MetricColumns, after: HistoryPosition): number {
  return firstPlace(values.length, (place) => {
    const order =
      (timestamps[place] ?? 0) - after.timestamp ||
      (steps[place] ?? 0) - after.step ||
      compareValues(values[place] ?? 0, after.value);
    return order > 0;
  });
}

/** The first place for which something holds that holds for all behind it; found by halving. */
function firstPlace(length: number, holds: (place: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** NaN is the last of its moment. */
function compareValues(one: number, other: number): number {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  return one - other;
}
