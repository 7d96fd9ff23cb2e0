import type { ScoredLabels } from './classification.js';
import { deriveSeed, seededRandom } from './random.js';

/** A percentile interval and how it came about. */
export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  /** Coverage aimed at, for example 0.95. */
  readonly level: number;
  /** Resamples on which the statistic was defined. */
  readonly resamples: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples?: number;
  readonly level?: number;
  /** Awaited after each resample, so that a long computation lets other work run (signs of life, a cancel). */
  readonly pause?: () => Promise<void>;
}

/**
 * Percentile bootstrap (Efron 1979) over rows: the statistic on `resamples` draws with replacement, cut at (1 ± level)/2 with
 * linear interpolation between order statistics. Resamples where the statistic is undefined (one class only) are left out;
 * `null` when fewer than half remain.
 */
export async function bootstrapInterval(
  scored: ScoredLabels,
  statistic: (resample: ScoredLabels) => number | null,
  { seed, resamples = 1000, level = 0.95, pause }: BootstrapOptions,
): Promise<BootstrapInterval | null> {
  const size = scored.labels.length;
  const values: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    const random = seededRandom(deriveSeed(seed, round));
    const labels = new Array<number>(size);
    const scores = new Array<number>(size);
    for (let place = 0; place < size; place += 1) {
      const pick = random.below(size);
      labels[place] = scored.labels[pick] ?? 0;
      scores[place] = scored.scores[pick] ?? 0;
    }
    const value = statistic({ labels, scores });
    if (value !== null) values.push(value);
    await pause?.();
  }
  if (size === 0 || values.length < resamples / 2) return null;
  values.sort((a, b) => a - b);
  return {
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
    resamples: values.length,
  };
}

/** Linear interpolation between order statistics (numpy's default, Hyndman-Fan type 7) of ascending values. */
export function quantile(ascending: readonly number[], probability: number): number {
  const place = (ascending.length - 1) * probability;
  const below = ascending[Math.floor(place)] ?? Number.NaN;
  const above = ascending[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
