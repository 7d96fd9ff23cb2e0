import { inTransaction, type Tx } from '@assay/platform/database';
import type { VersionOrigin } from './run-lineage.js';

/** The latest values of some metrics, as the run that a version came from logged them: its author's own word. */
export interface ReportedMetrics {
  readonly runId: string;
  readonly metrics: readonly {
    readonly key: string;
    /** NaN and the infinities included. */
    readonly value: number;
    readonly timestamp: number;
    readonly step: number;
  }[];
}

const reported = {
  name: 'reported-metrics',
  text: `with origin as (
      select r.run_id, r.number, r.experiment_id from tracking.run r
        where r.run_id = coalesce($1, (select source_run_id from tracking.logged_model where model_id = $2)))
    select o.run_id, k.name as key, m.value::text as value, m.timestamp_ms, m.step
      from origin o left join (tracking.latest_values(o.experiment_id, o.number) m join tracking.metric_key k on k.id = m.key_id)
        on k.name = any($3::text[])
      order by k.name collate "C"`,
};

/** What the origin's run says of these metrics; null where the version came from no run that is known. */
export async function readReportedMetrics(
  tx: Tx,
  { runId, loggedModelId }: VersionOrigin,
  keys: readonly string[],
): Promise<ReportedMetrics | null> {
  const rows = await inTransaction(tx).run<{
    run_id: string;
    key: string | null;
    value: string;
    timestamp_ms: string;
    step: string;
  }>(reported, [runId, loggedModelId, keys]);
  const [first] = rows;
  if (first === undefined) return null;
  return {
    runId: first.run_id,
    metrics: rows.flatMap(({ key, value, timestamp_ms: timestamp, step }) =>
      key === null ? [] : [{ key, value: Number(value), timestamp: Number(timestamp), step: Number(step) }],
    ),
  };
}
