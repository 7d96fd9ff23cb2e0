import type { Tx } from '@assay/platform/database';
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
      `insert into tracking.run_tag (run_number, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as given (key, value)
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
      `insert into tracking.param (run_number, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as given (key, value)
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
    await tx.query(
      `insert into tracking.metric_point (run_number, key_id, timestamp_ms, step, value) select $1, key_id, timestamp_ms, step, value from ${unnested}
         order by key_id, timestamp_ms, step, value on conflict do nothing`,
      [run, ...columns(points)],
    );
    const latest = new Map<string, (typeof points)[number]>();
    for (const point of points) {
      const before = latest.get(point.keyId);
      if (before === undefined || isLater(point, before)) latest.set(point.keyId, point);
    }
    await tx.query(
      `insert into tracking.metric_latest as known (run_number, key_id, timestamp_ms, step, value) select $1, key_id, timestamp_ms, step, value from ${unnested} order by key_id
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
    const rows: { timestamp_ms: string; step: string; value: number }[] = await tx.query(
      `select p.timestamp_ms, p.step, p.value from tracking.metric_point p
         where p.run_number = $1 and p.key_id = (select id from tracking.metric_key where name = $2)
           and ($3::bigint is null or (p.timestamp_ms, p.step, p.value) > ($3::bigint, $4::bigint, $5::double precision))
         order by p.timestamp_ms, p.step, p.value limit $6`,
      [run, key, after?.timestamp ?? null, after?.step ?? null, after?.value ?? null, limit],
    );
    return rows.map((row) => ({
      key,
      value: Number.isNaN(row.value) ? 'NaN' : row.value,
      timestamp: Number(row.timestamp_ms),
      step: Number(row.step),
    }));
  }
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
