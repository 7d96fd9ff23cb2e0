import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { KeyValue } from '../experiments/experiment.js';

/** Parameters and tags of runs, in narrow tables under the run's number. */
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
}

const experimentOf = '(select experiment_id from tracking.run where number = $1)';

function byKey([one]: readonly [string, string], [other]: readonly [string, string]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
