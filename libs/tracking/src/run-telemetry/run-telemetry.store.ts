import type { Tx } from '@assay/platform/database';
import { decodeMetricPoints, encodeMetricChunk, mergeMetricPoints } from '@assay/pure/formats';
import type { MetricInput } from '@assay/pure/mlflow-wire';
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

  /** Adds parameters and answers the first one that has another value already; then nothing may be committed. */
  async addParams(
    tx: Tx,
    run: string,
    params: readonly KeyValue[],
  ): Promise<{ key: string; stored: string; given: string } | null> {
    if (params.length === 0) return null;
    const sorted = params.map(({ key, value }): [string, string] => [key, value]).toSorted(byKey);
    const given = [run, sorted.map(([key]) => key), sorted.map(([, value]) => value)];
    await tx.query(
      `insert into tracking.param (run_number, experiment_id, key, value) select $1, ${experimentOf}, key, value from unnest($2::text[], $3::text[]) as given (key, value)
         on conflict on constraint param_pk do nothing`,
      given,
    );
    const [conflict]: { key: string; stored: string; given: string }[] = await tx.query(
      `select p.key, p.value as stored, given.value as given from unnest($2::text[], $3::text[]) as given (key, value)
         join tracking.param p on p.run_number = $1 and p.key = given.key where p.value <> given.value limit 1`,
      given,
    );
    return conflict ?? null;
  }

  /** Adds points (equal ones once) and moves the latest values; locks them in the order of their keys, so that writers never wait in a circle. */
  async addMetrics(
    tx: Tx,
    run: string,
    metrics: readonly MetricInput[],
    keyIds: ReadonlyMap<string, string>,
  ): Promise<void> {
    if (metrics.length === 0) return;
    const points = metrics.map((metric) => ({
      ...metric,
      keyId: keyIds.get(metric.key) ?? '',
      value: storable(metric.value),
    }));
    const columns = (list: typeof points) => [
      list.map((point) => point.keyId),
      list.map((point) => point.timestamp),
      list.map((point) => point.step),
      list.map((point) => point.value),
    ];
    const unnested =
      'unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::double precision[]) as given (key_id, timestamp_ms, step, value)';
    const series = [...Map.groupBy(points, (point) => point.keyId)].map(([keyId, each]) => ({
      key: Number(keyId),
      timestamps: each.map((point) => point.timestamp),
      steps: each.map((point) => point.step),
      values: each.map((point) => point.value),
    }));
    const times = points.map((point) => point.timestamp);
    await tx.query(
      `insert into tracking.metric_chunk (key_id, run_number, chunk, first_ms, last_ms, count, points)
         values (0, $1, nextval('tracking.metric_chunk_number'), $2, $3, $4, $5)`,
      [run, Math.min(...times), Math.max(...times), points.length, Buffer.from(encodeMetricChunk(series))],
    );
    const latest = new Map<string, (typeof points)[number]>();
    for (const point of points) {
      const before = latest.get(point.keyId);
      if (before === undefined || isLater(point, before)) latest.set(point.keyId, point);
    }
    await tx.query(
      `insert into tracking.metric_latest as known (run_number, experiment_id, key_id, timestamp_ms, step, value) select $1, ${experimentOf}, key_id, timestamp_ms, step, value from ${unnested} order by key_id
         on conflict on constraint metric_latest_pk do update set step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value
         where (excluded.step, excluded.timestamp_ms, coalesce(nullif(excluded.value, 'NaN'), 0)) > (known.step, known.timestamp_ms, coalesce(nullif(known.value, 'NaN'), 0))`,
      [run, ...columns([...latest.values()])],
    );
  }

  /** The short ids of metric keys, made where they are new. */
  async metricKeyIds(tx: Tx, keys: readonly string[]): Promise<Map<string, string>> {
    const names = [...new Set(keys)].toSorted();
    if (names.length === 0) return new Map();
    const find = 'select id, name from tracking.metric_key where name = any($1)';
    let rows: { id: string; name: string }[] = await tx.query(find, [names]);
    if (rows.length < names.length) {
      const known = new Set(rows.map((row) => row.name));
      await tx.query(
        `insert into tracking.metric_key (id, name) select nextval('tracking.metric_key_id'), name from unnest($1::text[]) as missing (name) on conflict (name) do nothing`,
        [names.filter((name) => !known.has(name))],
      );
      rows = await tx.query(find, [names]);
    }
    return new Map(rows.map((row) => [row.name, row.id]));
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

/** Infinities are kept as the largest doubles, as MLflow keeps them. */
export function storable(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value;
}

interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}

/** MLflow's order of the latest value: by step, then time, then value, NaN counting as 0. */
export function isLater(one: Point, other: Point): boolean {
  if (one.step !== other.step) return one.step > other.step;
  if (one.timestamp !== other.timestamp) return one.timestamp > other.timestamp;
  return (Number.isNaN(one.value) ? 0 : one.value) > (Number.isNaN(other.value) ? 0 : other.value);
}

function byKey([one]: readonly [string, string], [other]: readonly [string, string]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
