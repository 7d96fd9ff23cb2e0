import type { WindowCheck } from '@assay/contracts';
import { type FeatureColumn, type ReadColumn, present } from './feature-values.js';

/** So much more missing than in the reference, or so much of a wrong type, means a broken feed rather than a shift. */
const brokenShare = 0.1;
/** Unseen categories and values out of range are worth a line from this share on. */
const noticeShare = 0.01;

/**
 * Looks at a feature's data before any test: most "drift" is a broken pipe. `broken` features are not judged; a `notice` tells
 * what the test alone would not, and does not stop it, because new categories and larger values may be the shift itself.
 */
export function checkFeature(feature: string, reference: FeatureColumn, current: ReadColumn): WindowCheck[] {
  const rows = current.column.values.length;
  if (rows === 0) return [];
  const checks: WindowCheck[] = [];
  const wrongType = current.wrongType / rows;
  if (wrongType > 0) {
    const level = wrongType > brokenShare ? 'broken' : 'notice';
    checks.push({
      feature,
      check: 'type',
      level,
      share: wrongType,
      detail: `${current.wrongType} of ${rows} values are no numbers`,
    });
  }
  const missing = missingShare(current.column) - wrongType;
  const usual = missingShare(reference);
  if (missing - usual > brokenShare) {
    checks.push({
      feature,
      check: 'missing',
      level: 'broken',
      share: missing,
      detail: `${percent(missing)} missing, ${percent(usual)} in the reference`,
    });
  }
  return [...checks, ...novelty(feature, reference, current.column, rows)];
}

function novelty(feature: string, reference: FeatureColumn, current: FeatureColumn, rows: number): WindowCheck[] {
  if (reference.kind === 'category' && current.kind === 'category') {
    const known = new Set(reference.values);
    const unseen = present(current.values).filter((value) => !known.has(value));
    if (unseen.length / rows < noticeShare) return [];
    const names = [...new Set(unseen)].slice(0, 5).map((name) => name.slice(0, 80));
    return [
      {
        feature,
        check: 'unseen-category',
        level: 'notice',
        share: unseen.length / rows,
        detail: `not in the reference: ${names.join(', ')}`,
      },
    ];
  }
  if (reference.kind === 'numeric' && current.kind === 'numeric') {
    const known = present(reference.values);
    const lowest = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const highest = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const outside = present(current.values).filter((value) => value < lowest || value > highest).length;
    if (outside / rows < noticeShare) return [];
    return [
      {
        feature,
        check: 'range',
        level: 'notice',
        share: outside / rows,
        detail: `${outside} values outside ${lowest} … ${highest} of the reference`,
      },
    ];
  }
  return [];
}

function missingShare(column: FeatureColumn): number {
  let missing = 0;
  for (const value of column.values) if (value === null) missing += 1;
  return column.values.length === 0 ? 0 : missing / column.values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
