import { giveBack } from '@assay/platform/artifacts';
import { type MetricColumns, mergeMetricPoints } from '@assay/pure/formats';
import type { HistoryPage } from './history-pages.js';
import { columnsOf } from './metric-history.store.js';

export interface Sampling {
  /** Most points that are taken. */
  readonly most: number;
  readonly startStep?: number | undefined;
  readonly endStep?: number | undefined;
}

/** Places in a list of points. */
interface Places {
  readonly length: number;
  at(place: number): number | undefined;
}

/** Points that are held to be sampled, 24 bytes each. Of a longer history the places are counted, and it is read a second time. */
const mostHeld = 262_144;

/**
 * At most so many points of a history within two steps, as MLflow samples them: by step, time and value, cut into equal parts (the first ones a
 * point longer where it does not come out even), of each part the first point, of the last one its last. A history of more than `held` points
 * whose steps go back in time is cut by time instead.
 * @param read opens the history; its pages come by time, step and value. Null without such a run.
 */
export async function sampleHistory(
  read: () => Promise<AsyncIterable<HistoryPage> | null>,
  sampling: Sampling,
  held = mostHeld,
): Promise<MetricColumns | null> {
  const pages = await read();
  if (pages === null) return null;
  const pieces: MetricColumns[] = [];
  const letGo = (): void => giveBack(pieces.splice(0).flatMap(columnsOf));
  let count = 0;
  for await (const page of pages) {
    const places = within(page, sampling);
    count += places.length;
    if (count <= held) pieces.push(pick(page.points, places));
    else letGo();
  }
  if (count > held) return byStep(await pickPlaces(read, sampling, placesOf(count, sampling.most)));
  const all = mergeMetricPoints(pieces); // a copy
  letGo();
  const points = byStep(all);
  const sample = pick(points, placesOf(count, sampling.most));
  giveBack([...columnsOf(all), ...columnsOf(points)]);
  return sample;
}

/** The points at some places of a history, which may have grown meanwhile. */
async function pickPlaces(
  read: () => Promise<AsyncIterable<HistoryPage> | null>,
  sampling: Sampling,
  places: readonly number[],
): Promise<MetricColumns> {
  const picked: MetricColumns[] = [];
  let seen = 0;
  let next = 0;
  for await (const page of (await read()) ?? []) {
    const there = within(page, sampling);
    const begun = next;
    while (next < places.length && (places[next] ?? 0) < seen + there.length) next += 1;
    const wanted = places.slice(begun, next).map((place) => there.at(place - seen));
    if (wanted.length > 0) picked.push(pick(page.points, wanted));
    seen += there.length;
    if (next === places.length) break;
  }
  return mergeMetricPoints(picked);
}

/** Places of the points that are taken of so many. */
function placesOf(count: number, most: number): number[] {
  const parts = Math.min(most, count);
  const length = Math.floor(count / Math.max(parts, 1));
  const longer = count - length * parts;
  return Array.from({ length: parts }, (_, part) =>
    part === parts - 1 ? count - 1 : part * length + Math.min(part, longer),
  );
}

/** Places of the points of a page within the steps. */
function within({ points: { steps }, from, to }: HistoryPage, { startStep, endStep }: Sampling): Places {
  if (startStep === undefined || endStep === undefined) return { length: to - from, at: (place) => from + place };
  const places: number[] = [];
  for (let place = from; place < to; place += 1) {
    const step = steps[place] ?? 0;
    if (step >= startStep && step <= endStep) places.push(place);
  }
  return { length: places.length, at: (place) => places[place] ?? 0 };
}

/** Points that come by time, step and value, by step and time: a stable sort leaves the values of one moment in order. */
function byStep(points: MetricColumns): MetricColumns {
  const { timestamps, steps } = points;
  if (steps.every((step, place) => place === 0 || (steps[place - 1] ?? 0) <= step)) return points;
  const order = Uint32Array.from(steps.keys()).sort(
    (one, other) =>
      (steps[one] ?? 0) - (steps[other] ?? 0) || (timestamps[one] ?? 0) - (timestamps[other] ?? 0) || one - other,
  );
  return pick(points, order);
}

/** A copy of the points at some places. */
function pick({ timestamps, steps, values }: MetricColumns, places: Places): MetricColumns {
  const of = (column: Float64Array): Float64Array => {
    const copy = new Float64Array(places.length);
    for (let place = 0; place < copy.length; place += 1) copy[place] = column[places.at(place) ?? 0] ?? 0;
    return copy;
  };
  return { timestamps: of(timestamps), steps: of(steps), values: of(values) };
}
