import { encodeMetricChunk } from '@assay/pure/formats';

export interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}

interface Series {
  readonly key: number;
  readonly timestamps: number[];
  readonly steps: number[];
  readonly values: number[];
  latest: Point;
}

/** The points that one write brings to one run, by metric, with the latest of each. */
export class RunPoints {
  private readonly byKey = new Map<number, Series>();
  firstMs = Number.MAX_SAFE_INTEGER;
  lastMs = 0;
  count = 0;

  add(key: number, given: Point): void {
    const point = { timestamp: given.timestamp, step: given.step, value: storable(given.value) };
    const { timestamp, step, value } = point;
    const series = this.byKey.get(key);
    if (series === undefined) {
      this.byKey.set(key, { key, timestamps: [timestamp], steps: [step], values: [value], latest: point });
    } else {
      series.timestamps.push(timestamp);
      series.steps.push(step);
      series.values.push(value);
      if (step >= series.latest.step && isLater(point, series.latest)) series.latest = point;
    }
    if (timestamp < this.firstMs) this.firstMs = timestamp;
    if (timestamp > this.lastMs) this.lastMs = timestamp;
    this.count += 1;
  }

  /** All points as one loose chunk. */
  packed(): Uint8Array {
    return encodeMetricChunk([...this.byKey.values()]);
  }

  /** The latest point of each metric, side by side. */
  latest(): { keys: number[]; values: number[]; steps: number[]; timestamps: number[] } {
    const series = [...this.byKey.values()];
    return {
      keys: series.map(({ key }) => key),
      values: series.map(({ latest }) => latest.value),
      steps: series.map(({ latest }) => latest.step),
      timestamps: series.map(({ latest }) => latest.timestamp),
    };
  }
}

/** Infinities are kept as the largest doubles, as MLflow keeps them. */
export function storable(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value;
}

/** MLflow's order of the latest value: by step, then time, then value, NaN counting as 0. */
export function isLater(one: Point, other: Point): boolean {
  if (one.step !== other.step) return one.step > other.step;
  if (one.timestamp !== other.timestamp) return one.timestamp > other.timestamp;
  return (Number.isNaN(one.value) ? 0 : one.value) > (Number.isNaN(other.value) ? 0 : other.value);
}
