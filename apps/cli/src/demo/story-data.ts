import { parseCsv, writeCsv } from '@assay/pure/formats';
import { epochPermutation } from '@assay/pure/ml';
import { weightedKsDistance, weightedSample, weightedTotalVariation } from '@assay/pure/stats';
import { story } from './story.js';

export type Row = readonly string[];

/** The 1,000 applicants, split once and for all by a seeded permutation. */
export interface StoryData {
  readonly columns: readonly string[];
  readonly all: readonly Row[];
  readonly training: readonly Row[];
  readonly heldOut: readonly Row[];
  /** Held back from both: the applicants of the months to come. */
  readonly pool: readonly Row[];
  field(row: Row, column: string): string;
  csv(rows: readonly Row[]): string;
}

export function splitApplicants(csv: string): StoryData {
  const { columns, rows } = parseCsv(csv);
  const order = Array.from(epochPermutation(rows.length, story.seeds.split, 0), (place) => rows[place] ?? []);
  const { training, heldOut } = story.rows;
  const places = new Map(columns.map((name, place) => [name, place]));
  return {
    columns,
    all: rows,
    training: order.slice(0, training),
    heldOut: order.slice(training, training + heldOut),
    pool: order.slice(training + heldOut),
    field: (row, column) => row[places.get(column) ?? -1] ?? '',
    csv: (some) => writeCsv(columns, some),
  };
}

/** How much likelier an applicant is to come in the second month: towards older applicants and larger loans. */
export function secondMonthWeight(data: StoryData, row: Row): number {
  return (Number(data.field(row, 'age')) >= 36 ? 12 : 1) * (Number(data.field(row, 'credit_amount')) >= 3000 ? 10 : 1);
}

/** The applicants of both months: the first like everybody, the second drawn with weights. */
export function drawMonths(data: StoryData): [first: Row[], second: Row[]] {
  const { month } = story.rows;
  return [
    weightedSample(data.pool, () => 1, month, story.seeds.firstMonth),
    weightedSample(data.pool, (row) => secondMonthWeight(data, row), month, story.seeds.secondMonth),
  ];
}

/**
 * The features that the second month must be caught by: those that the same weights, applied to all rows, move by more than the
 * monitor's least effect. Kinds are the monitor's own, so that both sides measure the same.
 */
export function expectedShifts(
  data: StoryData,
  features: readonly { name: string; kind: 'numeric' | 'category' }[],
): string[] {
  const weights = data.all.map((row) => secondMonthWeight(data, row));
  return features
    .filter(({ name, kind }) => {
      const values = data.all.map((row) => data.field(row, name));
      const effect =
        kind === 'numeric' ? weightedKsDistance(values.map(Number), weights) : weightedTotalVariation(values, weights);
      return effect > story.monitor.minimumEffect;
    })
    .map(({ name }) => name)
    .toSorted();
}
