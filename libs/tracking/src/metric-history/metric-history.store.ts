import { type Database, InjectDatabase, type Statement } from '@assay/platform/database';
import { decodeMetricPoints, type MetricColumns, mergeMetricPoints } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';

interface ChunkRow {
  readonly key_id: string | null;
  readonly points: Buffer | null;
}

/** Reads histories out of the packed chunks: loose ones (key 0, all metrics of one write) and folded ones of the metric. */
@Injectable()
export class MetricHistoryStore {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  /**
   * The history of a metric in a run, by time, step and value, each point once; null without such a run. Chunks that end before `sinceMs` are
   * left out.
   */
  async history(workspace: string, runId: string, key: string, sinceMs: number): Promise<MetricColumns | null> {
    const rows = await this.database.walk<ChunkRow>(chunks, [workspace, runId, key, sinceMs]);
    if (rows.length === 0) return null;
    return mergeMetricPoints(
      rows.flatMap(({ key_id, points }) => (points === null ? [] : [decodeMetricPoints(points, Number(key_id))])),
    );
  }
}

/** A run without points still has one row. Lateral joins with `offset 0` keep the planner from reading whole tables. */
const chunks: Statement = {
  name: 'metric_chunks',
  text: `select c.key_id, c.points
    from (select r.number from tracking.run r where r.workspace = $1 and r.run_id = $2 offset 0) r
    left join lateral (
      select k.id as key_id, c.points from (select id from tracking.metric_key where name = $3 offset 0) k
        cross join lateral (select c.chunk, c.points from tracking.metric_chunk c
          where c.key_id = any (array[0, k.id]) and c.run_number = r.number and c.last_ms >= $4 offset 0) c
        order by c.chunk) c on true`,
};
