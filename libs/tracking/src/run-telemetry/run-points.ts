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
    const { timestamp, step } = given;
    const value = storable(given.value);
    const series = this.byKey.get(key);
    if (series === undefined) {
      const latest = { timestamp, step, value };
      this.byKey.set(key, { key, timestamps: [timestamp], steps: [step], values: [value], latest });
    } else {
      series.timestamps.push(timestamp);
      series.steps.push(step);
      series.values.push(value);
      const { latest } = series;
      if (step >= latest.step && isLater({ timestamp, step, value }, latest))
        series.latest = { timestamp, step, value };
    }
    if (timestamp < this.firstMs) this.firstMs = timestamp;
    if (timestamp > this.lastMs) this.lastMs = timestamp;
    this.count += 1;
  }

  /** All points as one loose chunk. */
  packed(): Uint8Array {
    return encodeMetricChunk(this.series());
  }

  /** By key id: every writer locks latest values in this one order, so that none waits in a circle. */
  series(): Series[] {
    return [...this.byKey.values()].sort((one, other) => one.key - other.key);
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
