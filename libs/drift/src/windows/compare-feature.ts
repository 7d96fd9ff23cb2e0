import type { FeatureFinding, MonitoredFeature } from '@assay/contracts';
import {
  binCounts,
  chiSquareOfCounts,
  chiSquareTest,
  codeCategories,
  codeNumbers,
  countValues,
  distanceInterval,
  ksNorm,
  ksOfCounts,
  ksTest,
  permutationPValue,
  psi,
  psiThreshold,
  quantileEdges,
  totalVariationDistance,
  totalVariationNorm,
  type CodedSamples,
  type Counts,
} from '@assay/pure/stats';
import { type FeatureColumn, present } from './feature-values.js';

export interface ComparisonSettings {
  readonly alpha: number;
  readonly minimumRows: number;
  /** Features tested in this window: sets how fine a permutation p value has to be. */
  readonly tested: number;
  readonly seed: number;
}

/** What a comparison gives before the other features are known: no correction, no state yet. */
export type Comparison = Omit<FeatureFinding, 'qValue' | 'state' | 'boundTo'>;

/** Up to so many pooled rows p values come from permutations where the closed form is not exact. */
const permutationRows = 5000;

/** Test, effect with interval, and PSI of one feature; all null when there is too little to judge. */
export function compareFeature(
  feature: MonitoredFeature,
  reference: FeatureColumn,
  current: FeatureColumn,
  settings: ComparisonSettings,
): Comparison {
  if (reference.kind === 'numeric' && current.kind === 'numeric') {
    return compareNumbers(feature, present(reference.values), present(current.values), settings);
  }
  const names = (column: FeatureColumn): string[] => present<number | string>(column.values).map(String);
  return compareCategories(feature, names(reference), names(current), settings);
}

function compareNumbers(feature: MonitoredFeature, a: number[], b: number[], settings: ComparisonSettings): Comparison {
  const blank = notJudged(feature, a.length, b.length);
  if (!enough(a, b, settings)) return blank;
  const coded = codeNumbers(a, b);
  const exact = ksTest(a, b);
  const rounds = roundsFor(settings);
  // With ties the closed form errs to the safe side only. It stands where it is already finer than a permutation can be.
  const tied = coded.codes < a.length + b.length;
  const permute = tied && a.length + b.length <= permutationRows && exact.pValue > 1 / (rounds + 1);
  return {
    ...blank,
    method: permute ? 'permutation' : exact.method,
    statistic: exact.statistic,
    pValue: permute ? permutationPValue(coded, ksOfCounts, { seed: settings.seed, rounds }) : exact.pValue,
    effect: exact.statistic,
    interval: interval(coded, ksNorm, settings),
    psi: stability(binned(a, a), binned(a, b), a.length, b.length, settings.alpha),
  };
}

function compareCategories(
  feature: MonitoredFeature,
  a: string[],
  b: string[],
  settings: ComparisonSettings,
): Comparison {
  const blank = notJudged(feature, a.length, b.length);
  if (!enough(a, b, settings)) return blank;
  const [left, right] = [countValues(a), countValues(b)];
  const coded = codeCategories(a, b);
  const closed = chiSquareTest(left, right);
  const permute = !closed.approximationHolds && a.length + b.length <= permutationRows;
  return {
    ...blank,
    method: permute ? 'permutation' : 'asymptotic',
    statistic: closed.statistic,
    pValue: permute
      ? permutationPValue(coded, chiSquareOfCounts, { seed: settings.seed, rounds: roundsFor(settings) })
      : closed.pValue,
    effect: totalVariationDistance(left, right),
    interval: interval(coded, totalVariationNorm, settings),
    psi: stability(left, right, a.length, b.length, settings.alpha),
  };
}

function notJudged(feature: MonitoredFeature, referenceRows: number, rows: number): Comparison {
  return {
    feature: feature.name,
    kind: feature.kind,
    rows,
    referenceRows,
    test: feature.kind === 'numeric' ? 'kolmogorov-smirnov' : 'chi-square',
    method: null,
    statistic: null,
    pValue: null,
    effect: null,
    effectName: feature.kind === 'numeric' ? 'ks-distance' : 'total-variation',
    interval: null,
    minimumEffect: feature.minimumEffect,
    psi: null,
  };
}

function enough(a: readonly unknown[], b: readonly unknown[], { minimumRows }: ComparisonSettings): boolean {
  return a.length >= minimumRows && b.length >= minimumRows;
}

/** Fine enough that one shifted feature among all tested can pass the correction. */
function roundsFor({ tested, alpha }: ComparisonSettings): number {
  return Math.min(19_999, Math.max(1999, Math.ceil((2 * tested) / alpha)));
}

function interval(coded: CodedSamples, norm: typeof ksNorm, { seed }: ComparisonSettings): FeatureFinding['interval'] {
  const rounds = coded.a.length + coded.b.length <= permutationRows ? 500 : 100;
  return distanceInterval(coded, norm, { seed, rounds, level: 0.95 });
}

function binned(reference: number[], values: number[]): Counts {
  return binCounts(values, quantileEdges(reference, 10));
}

function stability(left: Counts, right: Counts, n: number, m: number, alpha: number): FeatureFinding['psi'] {
  const bins = new Set([...left.keys(), ...right.keys()]).size;
  return { value: psi(left, right), bins, threshold: psiThreshold(alpha, n, m, bins) };
}
