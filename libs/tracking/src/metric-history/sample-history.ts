import type { MetricColumns } from '@assay/pure/formats';

/**
 * At most `most` points of a history within two steps, as MLflow samples them: by step, time and value, cut into `most` equal parts (the first
 * ones a point longer where it does not come out even), of each part the first point, of the last one its last.
 */
export function sampleHistory(
  points: MetricColumns,
  most: number,
  startStep = Number.NEGATIVE_INFINITY,
  endStep = Number.POSITIVE_INFINITY,
): MetricColumns {
  const { timestamps, steps, values } = points;
  const at = (column: Float64Array, place: number): number => column[place] ?? 0;
  const within = Array.from(values.keys()).filter((place) => {
    const step = at(steps, place);
    return step >= startStep && step <= endStep;
  });
  // They come by time, step and value: a stable sort by step and time leaves the values of one moment in order.
  within.sort(
    (one, other) => at(steps, one) - at(steps, other) || at(timestamps, one) - at(timestamps, other) || one - other,
  );
  const parts = Math.min(most, within.length);
  const length = Math.floor(within.length / Math.max(parts, 1));
  const longer = within.length - length * parts;
  const places = Array.from({ length: parts }, (_, part) => {
    if (part === parts - 1) return within.at(-1) ?? 0;
    return within[part * length + Math.min(part, longer)] ?? 0;
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(places, (place) => at(column, place));
  return { timestamps: pick(timestamps), steps: pick(steps), values: pick(values) };
}
