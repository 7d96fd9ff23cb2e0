import { setImmediate } from 'node:timers/promises';
import type { FeatureFinding, FeatureValue, MonitoredFeature, WindowCheck, WindowVerdict } from '@assay/contracts';
import { deriveSeed } from '@assay/pure/ml';
import { association, benjaminiHochberg, type Column } from '@assay/pure/stats';
import { checkFeature } from './check-feature.js';
import { type Comparison, compareFeature } from './compare-feature.js';
import { type FeatureColumn, readColumn } from './feature-values.js';

export interface JudgeSettings {
  readonly features: readonly MonitoredFeature[];
  readonly alpha: number;
  readonly minimumRows: number;
}

export interface Judgement {
  readonly verdict: WindowVerdict;
  /** Largest effect first. */
  readonly shifted: readonly string[];
  readonly findings: readonly FeatureFinding[];
  readonly checks: readonly WindowCheck[];
}

/** Columns of the reference by feature, all with the same rows in the same order. */
export type ReferenceColumns = ReadonlyMap<string, FeatureColumn>;

/** Two features go together in the reference from this association on (|rank correlation|, η of ranks, Cramér's V). */
export const boundFrom = 0.3;

/** Seed of every permutation and bootstrap: the same window gives the same numbers. */
const seed = 20_240_607;

/**
 * Judges the rows of a window against the reference. Checks come first; what is broken or too small is not judged. A feature is
 * called shifted when it is significant after Benjamini-Hochberg over the features of the window, and its effect reaches the
 * stated minimum. Lets other work run between features.
 */
export async function judgeFeatures(
  settings: JudgeSettings,
  reference: ReferenceColumns,
  rows: readonly Readonly<Record<string, FeatureValue>>[],
): Promise<Judgement> {
  const checks: WindowCheck[] = [];
  const comparisons: Comparison[] = [];
  const enough = rows.length >= settings.minimumRows;
  for (const [index, feature] of settings.features.entries()) {
    const column = reference.get(feature.name);
    if (column === undefined) throw new Error(`the reference holds no column ${feature.name}`);
    const current = readColumn(
      feature.kind,
      rows.map((row) => row[feature.name]),
    );
    const found = enough ? checkFeature(feature.name, column, current) : [];
    checks.push(...found);
    const broken = !enough || found.some((check) => check.level === 'broken');
    // a sample that is too small for any judgement makes every figure null
    const minimumRows = broken ? Number.POSITIVE_INFINITY : settings.minimumRows;
    comparisons.push(
      compareFeature(feature, column, current.column, {
        alpha: settings.alpha,
        minimumRows,
        tested: settings.features.length,
        seed: deriveSeed(seed, index),
      }),
    );
    await setImmediate();
  }
  const findings = bind(correct(comparisons, settings.alpha), reference);
  const shifted = byEffect(findings.filter((finding) => finding.state === 'shifted')).map((finding) => finding.feature);
  return { verdict: verdictOf(findings, checks, shifted), shifted, findings, checks };
}

function correct(comparisons: readonly Comparison[], alpha: number): FeatureFinding[] {
  const adjusted = benjaminiHochberg(comparisons.flatMap(({ pValue }) => (pValue === null ? [] : [pValue])));
  let next = 0;
  return comparisons.map((comparison) => {
    if (comparison.pValue === null || comparison.effect === null)
      return { ...comparison, qValue: null, state: 'not-judged', boundTo: [] };
    const qValue = adjusted[next] ?? 1;
    next += 1;
    const significant = qValue <= alpha;
    const state = !significant ? 'steady' : comparison.effect >= comparison.minimumEffect ? 'shifted' : 'below-minimum';
    return { ...comparison, qValue, state, boundTo: [] };
  });
}

/** Says of each feature that moved which features moved further and go together with it in the reference. It claims no cause. */
function bind(findings: readonly FeatureFinding[], reference: ReferenceColumns): FeatureFinding[] {
  const shifted = findings.filter((finding) => finding.state === 'shifted');
  return findings.map((finding) => {
    if (finding.state !== 'shifted' && finding.state !== 'below-minimum') return finding;
    const further = shifted.filter(
      (other) => other.feature !== finding.feature && (other.effect ?? 0) > (finding.effect ?? 0),
    );
    const boundTo = further
      .map((other) => ({
        feature: other.feature,
        association: pairAssociation(reference.get(finding.feature), reference.get(other.feature)),
      }))
      .filter((pair) => pair.association >= boundFrom)
      .sort((a, b) => b.association - a.association);
    return { ...finding, boundTo };
  });
}

/** Association over the rows where both are there. */
function pairAssociation(a: FeatureColumn | undefined, b: FeatureColumn | undefined): number {
  if (a === undefined || b === undefined) return 0;
  const both = a.values.flatMap((value, row) => (value !== null && (b.values[row] ?? null) !== null ? [row] : []));
  return both.length === 0 ? 0 : association(rowsOf(a, both), rowsOf(b, both));
}

function rowsOf(column: FeatureColumn, rows: readonly number[]): Column {
  if (column.kind === 'numeric') return { kind: 'numeric', values: rows.map((row) => column.values[row] ?? 0) };
  return { kind: 'category', values: rows.map((row) => column.values[row] ?? '') };
}

function verdictOf(
  findings: readonly FeatureFinding[],
  checks: readonly WindowCheck[],
  shifted: readonly string[],
): WindowVerdict {
  if (checks.some((check) => check.level === 'broken')) return 'checks-failed';
  if (findings.every((finding) => finding.state === 'not-judged')) return 'not-enough-data';
  return shifted.length > 0 ? 'shifted' : 'steady';
}

function byEffect(findings: readonly FeatureFinding[]): FeatureFinding[] {
  return [...findings].sort((a, b) => (b.effect ?? 0) - (a.effect ?? 0));
}
