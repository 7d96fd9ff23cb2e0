import type { EvaluationMetric, EvaluationSlice } from '@assay/contracts';
import type { ScoreGroups } from '@assay/pure/formats';
import type { BinaryMetrics, BinaryReport, TableRow } from '@assay/pure/ml';

/** Group of each row by one column: its value, or the interval that a number falls in. A missing value is a group of its own. */
export function groupsOf(rows: readonly TableRow[], { column, edges }: EvaluationSlice): string[] {
  return rows.map((row) => {
    const cell = row[column];
    if (cell === undefined) throw new Error(`the dataset has no column '${column}' to group by`);
    const text = String(cell ?? '').trim();
    if (text === '') return '(missing)';
    return edges === undefined ? text : interval(column, Number(text), edges);
  });
}

/** The groups of a column as the table of scores keeps them: values in order, and the place of each row's among them. */
export function codedGroups(column: string, groups: readonly string[]): ScoreGroups {
  const values = [...new Set(groups)].sort();
  const places = new Map(values.map((value, place) => [value, place]));
  if (values.length > 200)
    throw new Error(`column '${column}' has ${values.length} groups: cut it with edges to at most 200`);
  return { column, values, codes: Uint8Array.from(groups, (group) => places.get(group) ?? 0) };
}

/** The metrics of a group or of all rows under the names that gates use; one that the rows leave undefined is left out. */
export function metricValues(metrics: BinaryMetrics): Partial<Record<EvaluationMetric, number>> {
  const named: Partial<Record<EvaluationMetric, number | null>> = {
    auc: metrics.auc,
    accuracy: metrics.accuracy,
    balanced_accuracy: metrics.balancedAccuracy,
    precision: metrics.precision,
    recall: metrics.truePositiveRate,
    f1: metrics.f1,
    false_positive_rate: metrics.falsePositiveRate,
    selection_rate: metrics.selectionRate,
    log_loss: metrics.logLoss,
    brier_score: metrics.brier,
    calibration_error: metrics.ece,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null && value !== undefined));
}

/** Slices of a report as an evaluation carries them, with the edges that were asked for. */
export function slicesOf(report: BinaryReport, asked: readonly EvaluationSlice[]) {
  return report.byGroup.map(({ attribute, groups }) => ({
    column: attribute,
    ...edgesOf(asked, attribute),
    groups: groups.map(({ group, metrics }) => ({ value: group, rows: metrics.rows, metrics: metricValues(metrics) })),
  }));
}

function edgesOf(asked: readonly EvaluationSlice[], attribute: string): Pick<EvaluationSlice, 'edges'> {
  const { edges } = asked.find(({ column }) => column === attribute) ?? {};
  return edges === undefined ? {} : { edges };
}

/** Reliability table of a report as an evaluation carries it. */
export function calibrationOf(report: BinaryReport) {
  return report.calibration.map(({ from, to, count, meanScore, positiveRate }) => ({
    lower: from,
    upper: to,
    rows: count,
    meanScore,
    observedRate: positiveRate,
  }));
}

function interval(column: string, value: number, edges: readonly number[]): string {
  if (!Number.isFinite(value))
    throw new Error(`column '${column}' holds a value that is no number, so it cannot be cut at ${edges.join(', ')}`);
  const place = edges.findIndex((edge) => value <= edge);
  if (place === 0) return `≤${edges[0]}`;
  if (place < 0) return `>${edges.at(-1)}`;
  return `(${edges[place - 1]}, ${edges[place]}]`;
}
