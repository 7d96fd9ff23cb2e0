import type { Tx } from '@assay/platform/database';
import { decodeMetricPoints, mergeMetricPoints } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import type { KeyValue } from '../experiments/experiment.js';
import type { MetricPoint } from '../runs/run.js';

/** Where a page of a history starts: behind this point. */
export interface HistoryPosition {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

/** Parameters, tags and metric points of runs, in narrow tables under the run's number. */
@Injectable()
export class RunTelemetryStore {
  /** Sets tags; of equal keys the last one counts. */
  async setTags(tx: Tx, run: string, tags: readonly KeyValue[]): Promise<void> {
    const last = [...new Map(tags.map(({ key, value }) => [key, value])).entries()].toSorted(byKey);
    if (last.length === 0) return;
    await tx.query(
      `insert into tracking.run_tag (run_number, experiment_id, key, value) select $1, ${experimentOf}, key, value from unnest($2::text[], $3::text[]) as given (key, value)
         on conflict on constraint run_tag_pk do update set value = excluded.value where run_tag.value <> excluded.value`,
      [run, last.map(([key]) => key), last.map(([, value]) => value)],
    );
  }

  async tag(tx: Tx, run: string, key: string): Promise<string | null> {
    const [row]: { value: string }[] = await tx.query(
      'select value from tracking.run_tag where run_number = $1 and key = $2',
      [run, key],
    );
    return row?.value ?? null;
  }

  async deleteTag(tx: Tx, run: string, key: string): Promise<void> {
    await tx.query('delete from tracking.run_tag where run_number = $1 and key = $2', [run, key]);
  }

  /** Points of one metric by time, step and value. */
  async history(
    tx: Tx,
    run: string,
    key: string,
    after: HistoryPosition | null,
    limit: number | null,
  ): Promise<MetricPoint[]> {
    const rows: { key_id: string; points: Buffer }[] = await tx.query(
      `select k.id as key_id, c.points from tracking.metric_key k join tracking.metric_chunk c on c.key_id in (0, k.id)
         where k.name = $2 and c.run_number = $1 order by c.chunk`,
      [run, key],
    );
    const { timestamps, steps, values } = mergeMetricPoints(
      rows.map((row) => decodeMetricPoints(row.points, Number(row.key_id))),
    );
    const points = Array.from(values, (value, place) => ({
      key,
      value: Number.isNaN(value) ? ('NaN' as const) : value,
      timestamp: timestamps[place] ?? 0,
      step: steps[place] ?? 0,
    }));
    const rest = after === null ? points : points.filter((point) => isBehind(point, after));
    return limit === null ? rest : rest.slice(0, limit);
  }
}

const experimentOf = '(select experiment_id from tracking.run where number = $1)';

/** Whether a point comes after a position in a history; NaN is the last of its moment. */
function isBehind(point: MetricPoint, after: HistoryPosition): boolean {
  if (point.timestamp !== after.timestamp) return point.timestamp > after.timestamp;
  if (point.step !== after.step) return point.step > after.step;
  if (Number.isNaN(after.value)) return false;
  return point.value === 'NaN' || point.value > after.value;
}

function byKey([one]: readonly [string, string], [other]: readonly [string, string]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
