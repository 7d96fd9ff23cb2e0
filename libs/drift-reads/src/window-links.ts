import type { Tx } from '@assay/platform/database';
import { z } from 'zod';

/** A judged window as lineage tells it. */
export interface WindowOrigin {
  readonly id: string;
  readonly monitor: string;
  readonly model: string;
  /** Alias whose predictions the monitor watches; null: any. */
  readonly pointer: string | null;
  readonly label: string;
  readonly from: Date;
  readonly to: Date;
  readonly rows: number;
  readonly verdict: string;
  readonly judgedBy: string;
  readonly judgedAt: Date;
  readonly reference: { readonly name: string; readonly version: number };
}

/** An alert of a monitor as lineage tells it. */
export interface AlertOrigin {
  readonly id: string;
  readonly monitor: string;
  readonly model: string;
  readonly kind: string;
  readonly severity: string;
  readonly state: string;
  readonly openedAt: Date;
}

/** A window that belongs to an alert: the one that opened it, or a later one that alarmed again. */
export interface AlertWindow {
  readonly alertId: string;
  readonly windowId: string;
  readonly opened: boolean;
}

/** While what a pointer held didn't change. */
export interface PointerPeriod {
  readonly id: string;
  readonly model: string;
  readonly pointer: string;
  readonly from: Date;
  readonly until: Date | null;
}

const windowRow = z
  .object({
    id: z.string(),
    monitor: z.string(),
    model: z.string(),
    pointer: z.string().nullable(),
    label: z.string(),
    from_at: z.date(),
    to_at: z.date(),
    rows: z.coerce.number(),
    verdict: z.string(),
    judged_by: z.string(),
    judged_at: z.date(),
    reference_name: z.string(),
    reference_version: z.coerce.number(),
  })
  .transform(({ from_at: from, to_at: to, judged_by: judgedBy, judged_at: judgedAt, ...row }): WindowOrigin => {
    const { reference_name: name, reference_version: version, ...rest } = row;
    return { ...rest, from, to, judgedBy, judgedAt, reference: { name, version } };
  });

const columns =
  'w.id, w.monitor, w.model, w.pointer, w.label, w.from_at, w.to_at, w.rows, w.verdict, w.judged_by, w.judged_at, w.reference_name, w.reference_version';

/** Windows of predictions, what they are about and the alerts that they led to: asked by the registry for lineage. */
export class WindowLinks {
  async describe(tx: Tx, workspace: string, ids: readonly string[]): Promise<WindowOrigin[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from drift.window_origin w where w.workspace = $1 and w.id = any($2::text[])`,
      [workspace, ids],
    );
    return rows.map((row) => windowRow.parse(row));
  }

  async describeAlerts(tx: Tx, workspace: string, ids: readonly string[]): Promise<AlertOrigin[]> {
    return tx.query(
      `select id, monitor, model, kind, severity, state, opened_at as "openedAt" from drift.alert_origin
         where workspace = $1 and id = any($2::text[])`,
      [workspace, ids],
    );
  }

  /** Windows and the alerts that they belong to, by the ids of either. */
  async alerted(
    tx: Tx,
    workspace: string,
    by: 'window' | 'alert',
    ids: readonly string[],
    most: number,
  ): Promise<AlertWindow[]> {
    return tx.query(
      `select alert_id as "alertId", window_id as "windowId", opened from drift.alert_window
         where workspace = $1 and ${by}_id = any($2::text[]) order by alert_id, window_id limit $3`,
      [workspace, ids, most],
    );
  }

  /** Ids of windows that somebody had judged: `job:…` for a job. */
  async judgedBy(tx: Tx, workspace: string, judges: readonly string[], most: number): Promise<[string, string][]> {
    return pairs(
      await tx.query(
        `select judged_by as near, id as far from drift.window_origin where workspace = $1 and judged_by = any($2::text[])
           order by judged_at, id limit $3`,
        [workspace, judges, most],
      ),
    );
  }

  /** Ids of windows that were compared with versions of datasets, by `name:version`. */
  async comparedWith(
    tx: Tx,
    workspace: string,
    references: readonly string[],
    most: number,
  ): Promise<[string, string][]> {
    return pairs(
      await tx.query(
        `select reference_name || ':' || reference_version as near, id as far from drift.window_origin
           where workspace = $1 and reference_name || ':' || reference_version = any($2::text[]) order by judged_at, id limit $3`,
        [workspace, references, most],
      ),
    );
  }

  /** Ids of windows over times at which a pointer of the watched model stood where it did. */
  async during(
    tx: Tx,
    workspace: string,
    periods: readonly PointerPeriod[],
    most: number,
  ): Promise<[string, string][]> {
    return pairs(
      await tx.query(
        `select p.id as near, w.id as far
           from jsonb_to_recordset($2::jsonb) as p (id text, model text, pointer text, "from" timestamptz, until timestamptz)
             join drift.window_origin w on w.workspace = $1 and w.model = p.model and (w.pointer is null or w.pointer = p.pointer)
               and w.to_at > p."from" and (p.until is null or w.from_at < p.until)
           order by w.from_at, w.id limit $3`,
        [workspace, JSON.stringify(periods), most],
      ),
    );
  }
}

function pairs(rows: readonly { near: string; far: string }[]): [string, string][] {
  return rows.map(({ near, far }) => [near, far]);
}
