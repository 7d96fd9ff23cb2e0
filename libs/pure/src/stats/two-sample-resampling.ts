import { quantile } from '../ml/bootstrap.js';
import { deriveSeed, seededRandom } from '../ml/random.js';

/** Both samples as codes of a shared code book: for numbers the rank of the distinct value, for categories any numbering. */
export interface CodedSamples {
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** Number of distinct codes, 0 … codes − 1. */
  readonly codes: number;
}

/** A statistic of the counts per code on either side; must not keep the arrays. */
export type CountStatistic = (a: Int32Array, b: Int32Array) => number;

/** Codes numbers by rank of their distinct value, so that counts per code keep the order. */
export function codeNumbers(a: readonly number[], b: readonly number[]): CodedSamples {
  const distinct = Float64Array.from(new Set([...a, ...b])).sort();
  const place = new Map(Array.from(distinct, (value, index) => [value, index]));
  const code = (values: readonly number[]): Int32Array => Int32Array.from(values, (value) => place.get(value) ?? 0);
  return { a: code(a), b: code(b), codes: distinct.length };
}

/** Codes categories in the order of first appearance. */
export function codeCategories(a: readonly string[], b: readonly string[]): CodedSamples {
  const place = new Map<string, number>();
  for (const value of [...a, ...b]) if (!place.has(value)) place.set(value, place.size);
  const code = (values: readonly string[]): Int32Array => Int32Array.from(values, (value) => place.get(value) ?? 0);
  return { a: code(a), b: code(b), codes: place.size };
}

/** D of the KS test from counts per ordered code. */
export const ksOfCounts: CountStatistic = (a, b) => {
  const n = sum(a);
  const m = sum(b);
  let left = 0;
  let right = 0;
  let largest = 0;
  for (let code = 0; code < a.length; code += 1) {
    left += a[code] ?? 0;
    right += b[code] ?? 0;
    largest = Math.max(largest, Math.abs(left * m - right * n));
  }
  return largest / (n * m);
};

/** Total variation distance from counts per code. */
export const totalVariationOfCounts: CountStatistic = (a, b) => {
  const n = sum(a);
  const m = sum(b);
  let distance = 0;
  for (let code = 0; code < a.length; code += 1) distance += Math.abs((a[code] ?? 0) * m - (b[code] ?? 0) * n);
  return distance / (2 * n * m);
};

/** χ² of the 2 × k table from counts per code. */
export const chiSquareOfCounts: CountStatistic = (a, b) => {
  const n = sum(a);
  const m = sum(b);
  let statistic = 0;
  for (let code = 0; code < a.length; code += 1) {
    const both = (a[code] ?? 0) + (b[code] ?? 0);
    if (both > 0) statistic += ((a[code] ?? 0) * m - (b[code] ?? 0) * n) ** 2 / (both * n * m);
  }
  return statistic;
};

/**
 * p value by random relabelling: (1 + number of relabellings with a statistic at least as large) / (1 + rounds), exact at any n,
 * m and with ties, at the price of a smallest value of 1/(1 + rounds). The same seed gives the same value.
 *
 * Source: Phipson, Smyth, "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9 (2010).
 */
export function permutationPValue(
  samples: CodedSamples,
  statistic: CountStatistic,
  options: { seed: number; rounds: number },
): number {
  const { a, b, codes } = samples;
  const pooled = new Int32Array(a.length + b.length);
  pooled.set(a);
  pooled.set(b, a.length);
  const whole = countCodes(pooled, pooled.length, codes);
  const observed = statistic(countCodes(a, a.length, codes), countCodes(b, b.length, codes));
  const random = seededRandom(options.seed);
  const small = Math.min(a.length, b.length);
  const rest = new Int32Array(codes);
  let atLeast = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    // only the smaller sample is drawn; the larger one is what remains
    for (let place = 0; place < small; place += 1) {
      const pick = place + random.below(pooled.length - place);
      const held = pooled[place] ?? 0;
      pooled[place] = pooled[pick] ?? 0;
      pooled[pick] = held;
    }
    const drawn = countCodes(pooled, small, codes);
    for (let code = 0; code < codes; code += 1) rest[code] = (whole[code] ?? 0) - (drawn[code] ?? 0);
    const value = a.length <= b.length ? statistic(drawn, rest) : statistic(rest, drawn);
    if (value >= observed - 1e-12) atLeast += 1;
  }
  return (1 + atLeast) / (1 + options.rounds);
}

export interface EffectInterval {
  readonly low: number;
  readonly high: number;
  /** Stated coverage; the true one is at least this, in large samples. */
  readonly level: number;
}

/** A norm of share differences per code, so that distance(p, q) = norm(p − q). */
export type DifferenceNorm = (differences: Float64Array) => number;

/** The KS distance as a norm: the largest |running sum|. */
export const ksNorm: DifferenceNorm = (differences) => {
  let running = 0;
  let largest = 0;
  for (let code = 0; code < differences.length; code += 1) {
    running += differences[code] ?? 0;
    largest = Math.max(largest, Math.abs(running));
  }
  return largest;
};

/** The total variation distance as a norm: half the sum of the absolute values. */
export const totalVariationNorm: DifferenceNorm = (differences) => {
  let distance = 0;
  for (let code = 0; code < differences.length; code += 1) distance += Math.abs(differences[code] ?? 0);
  return distance / 2;
};

/**
 * Interval of a distance between two samples: observed ± r, cut to 0 … 1, where r is the `level` quantile of how far, in the
 * distance's own norm, resampled share differences lie from the observed ones. By the triangle inequality it covers the true
 * distance at least as often as stated. The usual bootstrap intervals of such a distance do not: resampling only ever adds
 * distance (measured 82 % instead of 95 % for KS at n = 300, m = 150).
 *
 * Source: Bickel, Freedman, "Some asymptotic theory for the bootstrap", Annals of Statistics 9 (1981), §4, for the band.
 */
export function distanceInterval(
  samples: CodedSamples,
  norm: DifferenceNorm,
  options: { seed: number; rounds: number; level: number },
): EffectInterval {
  const { a, b, codes } = samples;
  const observed = differences(countCodes(a, a.length, codes), a.length, countCodes(b, b.length, codes), b.length);
  const distances: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const { below } = seededRandom(deriveSeed(options.seed, round));
    const again = differences(drawCounts(a, codes, below), a.length, drawCounts(b, codes, below), b.length);
    for (let code = 0; code < codes; code += 1) again[code] = (again[code] ?? 0) - (observed[code] ?? 0);
    distances.push(norm(again));
  }
  distances.sort((left, right) => left - right);
  const distance = norm(observed);
  const radius = quantile(distances, options.level);
  return { low: Math.max(0, distance - radius), high: Math.min(1, distance + radius), level: options.level };
}

function differences(a: Int32Array, n: number, b: Int32Array, m: number): Float64Array {
  return Float64Array.from(a, (count, code) => count / n - (b[code] ?? 0) / m);
}

function drawCounts(sample: Int32Array, codes: number, below: (bound: number) => number): Int32Array {
  const counts = new Int32Array(codes);
  for (let place = 0; place < sample.length; place += 1) {
    const code = sample[below(sample.length)] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function countCodes(sample: Int32Array, length: number, codes: number): Int32Array {
  const counts = new Int32Array(codes);
  for (let place = 0; place < length; place += 1) {
    const code = sample[place] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function sum(counts: Int32Array): number {
  let all = 0;
  for (let code = 0; code < counts.length; code += 1) all += counts[code] ?? 0;
  return all;
}
