import { TypeInference, isMissing, parseNumber, type ColumnType } from './csv-value.js';

/** Numeric part of a profile. Quantiles by linear interpolation of order statistics (Hyndman & Fan type 7). */
export interface NumericProfile {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Sample standard deviation (divisor n − 1); 0 for a single value. */
  readonly standardDeviation: number;
  readonly quantiles: {
    readonly p05: number;
    readonly p25: number;
    readonly p50: number;
    readonly p75: number;
    readonly p95: number;
  };
  /** Number of values that the quantiles rest on; smaller than the count when a long column was sampled. */
  readonly quantileSample: number;
}

export interface CategoryCount {
  readonly value: string;
  readonly count: number;
}

export interface ColumnProfile {
  readonly name: string;
  readonly type: ColumnType;
  /** Present values; count + missing = rows. */
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** False when the column holds more distinct values than were counted: `distinct` is then a lower bound. */
  readonly distinctExact: boolean;
  readonly numeric: NumericProfile | null;
  /** Most frequent values, most frequent first, ties by text; null for a numeric column and when not countable. */
  readonly top: readonly CategoryCount[] | null;
}

export interface ColumnLimits {
  readonly maxDistinct: number;
  readonly sampleSize: number;
  readonly topCategories: number;
}

const TOP_VALUE_LENGTH = 256;

/** Builds one column's profile in one pass and bounded memory. */
export class ColumnProfiler {
  readonly #name: string;
  readonly #limits: ColumnLimits;
  readonly #types = new TypeInference();
  readonly #counts = new Map<string, number>();
  readonly #sample: number[] = [];
  #distinctExact = true;
  #count = 0;
  #missing = 0;
  #min = Infinity;
  #max = -Infinity;
  #mean = 0;
  #squares = 0;
  #random = 0x9e3779b9;

  constructor(name: string, limits: ColumnLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  add(field: string): void {
    if (isMissing(field)) {
      this.#missing += 1;
      return;
    }
    this.#count += 1;
    this.#types.add(field);
    this.#tally(field);
    const value = this.#types.numeric ? parseNumber(field) : null;
    if (value !== null) this.#addNumber(value);
  }

  finish(): ColumnProfile {
    const type = this.#types.type;
    const isNumeric = this.#count > 0 && (type === 'integer' || type === 'number');
    return {
      name: this.#name,
      type,
      count: this.#count,
      missing: this.#missing,
      distinct: this.#counts.size,
      distinctExact: this.#distinctExact,
      numeric: isNumeric ? this.#numericProfile() : null,
      top: isNumeric || !this.#distinctExact ? null : this.#topCategories(),
    };
  }

  #tally(field: string): void {
    const known = this.#counts.get(field);
    if (known !== undefined) this.#counts.set(field, known + 1);
    else if (this.#counts.size < this.#limits.maxDistinct) this.#counts.set(field, 1);
    else this.#distinctExact = false;
  }

  /** Welford's running mean and sum of squares: stable for large offsets, which a sum of squares is not. */
  #addNumber(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    const delta = value - this.#mean;
    this.#mean += delta / this.#count;
    this.#squares += delta * (value - this.#mean);
    if (this.#sample.length < this.#limits.sampleSize) this.#sample.push(value);
    else this.#replaceInSample(value);
  }

  /** Vitter's algorithm R with a fixed seed (xorshift32): the same file always gives the same sample. */
  #replaceInSample(value: number): void {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    const slot = Math.floor(((this.#random >>> 0) / 2 ** 32) * this.#count);
    if (slot < this.#sample.length) this.#sample[slot] = value;
  }

  #numericProfile(): NumericProfile {
    const sorted = Float64Array.from(this.#sample).sort();
    return {
      min: this.#min,
      max: this.#max,
      mean: this.#mean,
      standardDeviation: this.#count > 1 ? Math.sqrt(this.#squares / (this.#count - 1)) : 0,
      quantiles: {
        p05: quantile(sorted, 0.05),
        p25: quantile(sorted, 0.25),
        p50: quantile(sorted, 0.5),
        p75: quantile(sorted, 0.75),
        p95: quantile(sorted, 0.95),
      },
      quantileSample: sorted.length,
    };
  }

  #topCategories(): CategoryCount[] {
    return [...this.#counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, this.#limits.topCategories)
      .map(({ value, count }) => ({ value: shortened(value), count }));
  }
}

/** Cut to a length without leaving half of a character behind. */
function shortened(value: string): string {
  return value.length <= TOP_VALUE_LENGTH ? value : value.slice(0, TOP_VALUE_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}

function quantile(sorted: Float64Array, p: number): number {
  const place = (sorted.length - 1) * p;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
