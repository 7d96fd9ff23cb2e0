import type { WindowVerdict } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { z } from 'zod';

/** What a monitor of a model said last. */
export interface MonitorState {
  readonly monitorId: string;
  readonly name: string;
  /** Alias whose predictions it watches; null: any. */
  readonly pointer: string | null;
  /** The window that ends last, as it was judged last; null before the first. */
  readonly window: {
    readonly id: string;
    readonly to: Date;
    readonly verdict: WindowVerdict;
    readonly predictionsDigest: string;
    readonly judgedAt: Date;
  } | null;
  /** Oldest first. */
  readonly openAlerts: readonly OpenAlert[];
}

export interface OpenAlert {
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
}

const stateRow = z.object({
  monitorId: z.string(),
  name: z.string(),
  pointer: z.string().nullable(),
  windowId: z.string().nullable(),
  to: z.date().nullable(),
  verdict: z.enum(['shifted', 'steady', 'not-enough-data', 'checks-failed']).nullable(),
  predictionsDigest: z.string().nullable(),
  judgedAt: z.date().nullable(),
  openAlerts: z.array(z.object({ id: z.string(), kind: z.string(), severity: z.string() })),
});

/** The state of each monitor that watches what a pointer of a model serves, by the monitors' names: those of the pointer, and those of any. */
export async function readMonitorStates(
  tx: Tx,
  { workspace, model, pointer }: { workspace: string; model: string; pointer: string },
): Promise<MonitorState[]> {
  const rows: unknown[] = await tx.query(
    `select monitor_id as "monitorId", name, pointer, window_id as "windowId", window_to as "to", verdict,
         predictions_digest as "predictionsDigest", judged_at as "judgedAt", open_alerts as "openAlerts"
       from drift.monitor_state where workspace = $1 and model = $2 and (pointer is null or pointer = $3) order by name, monitor_id`,
    [workspace, model, pointer],
  );
  return rows.map((row) => {
    const { windowId, to, verdict, predictionsDigest, judgedAt, ...state } = stateRow.parse(row);
    const judged =
      windowId !== null && to !== null && verdict !== null && predictionsDigest !== null && judgedAt !== null;
    return { ...state, window: judged ? { id: windowId, to, verdict, predictionsDigest, judgedAt } : null };
  });
}
