import { type Database, InjectDatabase, type Statement } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { RunDetail } from './run.js';
import { runDetailColumns, type RunDetailRow, runRevision, toRunDetail } from './run-columns.js';
import type { RunVersion } from './rendered-runs.js';

/** Reads of runs that need no transaction: one prepared statement each. Lateral joins with `offset 0` keep the planner from reading whole tables. */
@Injectable()
export class RunReadsStore {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  /** The version of each run that is asked for; null where there is none. */
  async versions(asked: readonly { workspace: string; id: string }[]): Promise<(RunVersion | null)[]> {
    const rows = await this.database.walk<{ place: number; number: string; revision: string }>(versions, [
      asked.map(({ id }) => id),
      asked.map(({ workspace }) => workspace),
    ]);
    const found = new Map(rows.map((row) => [row.place, row]));
    return asked.map((_, index) => {
      const row = found.get(index + 1);
      return row === undefined ? null : { number: Number(row.number), revision: Number(row.revision) };
    });
  }

  /** Runs by number, with all that was logged to them, as of one moment. */
  async details(numbers: readonly number[]): Promise<{ version: RunVersion; detail: RunDetail }[]> {
    const rows = await this.database.walk<RunDetailRow & { revision: string }>(details, [numbers]);
    return rows.map((row) => ({
      version: { number: Number(row.number), revision: Number(row.revision) },
      detail: toRunDetail(row),
    }));
  }
}

const versions: Statement = {
  name: 'run_versions',
  text: `select asked.place::int4 as place, r.number, r.revision
    from unnest($1::text[], $2::text[]) with ordinality as asked (run_id, workspace, place)
    cross join lateral (
      select r.number, ${runRevision} as revision from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id
        where r.run_id = asked.run_id and r.workspace = asked.workspace offset 0) r`,
};

const details: Statement = {
  name: 'run_details',
  text: `select shown.* from unnest($1::bigint[]) as asked (number)
    cross join lateral (
      select ${runRevision} as revision, ${runDetailColumns} from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id
        where r.number = asked.number offset 0) shown`,
};
