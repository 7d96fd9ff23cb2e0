import { giveBack } from '@assay/platform/artifacts';
import { type Database, InjectDatabase, type Statement } from '@assay/platform/database';
import { decodeMetricPoints, type MetricColumns, mergeMetricPoints } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { leaveBehind } from '../sending/hand-over.js';

interface ChunkRow {
  readonly key_id: string | null;
  readonly points: Buffer | null;
  readonly next_ms: string | null;
}

/** Points of a history in order, each once, complete up to `nextMs`; null: up to the end. */
export interface StoredPage {
  readonly points: MetricColumns;
  readonly nextMs: number | null;
}

/** Reads histories out of the packed chunks: loose ones (key 0, all metrics of one write) and folded ones of the metric. */
@Injectable()
export class MetricHistoryStore {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  /**
   * What a run has of a metric from a moment on: about `most` points, those of the chunks that begin first. Null without such a run. Points of
   * these chunks before `fromMs` are among them.
   */
  async page(workspace: string, runId: string, key: string, fromMs: number, most: number): Promise<StoredPage | null> {
    const rows = await this.database.walk<ChunkRow>(chunks, [workspace, runId, key, fromMs, most]);
    const last = rows.at(-1);
    if (last === undefined) return null;
    const packed = rows.flatMap(({ key_id, points }) =>
      points === null ? [] : [{ key: Number(key_id), bytes: points }],
    );
    const pieces = packed.map(({ key, bytes }) => decodeMetricPoints(bytes, key));
    const points = mergeMetricPoints(pieces); // a copy
    const bytes = packed.map((each) => each.bytes);
    giveBack([...bytes, ...pieces.flatMap(columnsOf)]);
    leaveBehind(sumOf(bytes)); // and what they came in
    return { points, nextMs: last.next_ms === null ? null : Number(last.next_ms) };
  }
}

function sumOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

/** What a page takes in memory. */
export function columnsOf({ timestamps, steps, values }: MetricColumns): Float64Array[] {
  return [timestamps, steps, values];
}

/**
 * Chunks until they hold the points asked for, each with where the next one begins. A run without points still has one row. Lateral joins with
 * `offset 0` keep the planner from reading whole tables.
 */
const chunks: Statement = {
  name: 'metric_chunks',
  text: `select c.key_id, c.points, c.next_ms
    from (select r.number from tracking.run r where r.workspace = $1 and r.run_id = $2 offset 0) r
    left join lateral (
      select k.id as key_id, c.points, c.next_ms from (select id from tracking.metric_key where name = $3 offset 0) k
        cross join lateral (select p.first_ms, p.chunk, p.points, p.next_ms from (
            select c.first_ms, c.chunk, c.points, lead(c.first_ms) over begun as next_ms, sum(c.count) over begun - c.count as before
            from tracking.metric_chunk c
            where c.key_id = any (array[0, k.id]) and c.run_number = r.number and c.last_ms >= $4
            window begun as (order by c.first_ms, c.chunk)) p
          where p.before < $5::bigint offset 0) c
        order by c.first_ms, c.chunk) c on true`,
};
