import type { PlannedCall } from '../driver/plan.js';
import { type Target, oncePerServer } from '../scenarios/scenario.js';
import { createExperiment } from '../scenarios/tracking.js';
import { isOurs } from '../servers/server.js';
import type { WireRun } from '../scenarios/wire.js';
import { type SeededExperiment, type SeededRun, madeUpId, seededRun, startOf } from './search-runs.js';

const atOnce = 2_000;

/**
 * The runs that are searched. This server gets them through its API; the peers would take minutes, so theirs are written into their own
 * tables, as their own code writes them. Every answer is then checked against the same content.
 */
export const seededExperiment = oncePerServer(async (target: Target): Promise<SeededExperiment> => {
  const experimentId = await createExperiment(target.api, 'searched');
  const count = target.sizes.runs;
  if (isOurs(target.server.name)) {
    const ids = await throughApi(target, experimentId, count);
    return { experimentId, count, idOf: (index) => ids[index] ?? '' };
  }
  const runs = Array.from({ length: count }, (_, index) => seededRun(index, madeUpId(index)));
  for (let from = 0; from < count; from += atOnce)
    await throughSql(target, experimentId, runs.slice(from, from + atOnce), from);
  await target.postgres.query(target.server.database, 'analyze');
  return { experimentId, count, idOf: madeUpId };
});

async function throughApi(target: Target, experimentId: string, count: number): Promise<string[]> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const created = await all(
    target,
    indexes.map((index) => ({
      method: 'POST',
      path: '/api/2.0/mlflow/runs/create',
      body: JSON.stringify({
        experiment_id: experimentId,
        run_name: seededRun(index, '').name,
        user_id: 'bench',
        start_time: startOf(index),
      }),
    })),
  );
  const ids = indexes.map((index) => {
    const made: { run: WireRun } = JSON.parse(created.get(index) ?? '{}');
    return made.run.info.run_id;
  });
  await all(
    target,
    ids.map((id, index) => {
      const run = seededRun(index, id);
      return {
        method: 'POST',
        path: '/api/2.0/mlflow/runs/log-batch',
        body: JSON.stringify({
          run_id: id,
          metrics: run.metrics.map((value, key) => ({ key: `m${key}`, value, timestamp: run.startTime, step: 0 })),
          params: run.params.map((value, key) => ({ key: `p${key}`, value })),
        }),
      };
    }),
  );
  return ids;
}

/** Makes every call once; the answers by the call's index. */
async function all(target: Target, calls: PlannedCall[]): Promise<Map<number, string>> {
  const { answers } = await target.load({
    url: target.server.url,
    clients: 16,
    share: 'once',
    calls,
    seconds: 0,
    warmUpSeconds: 0,
    leastCalls: 0,
    keep: 'all',
    freshConnections: false,
  });
  return new Map(answers.map(({ call, text }) => [call, text]));
}

/** MLflow's tables, and FastTrackML's, which were MLflow's once and got a few columns of their own. */
async function throughSql(
  { postgres, server }: Target,
  experimentId: string,
  runs: readonly SeededRun[],
  first: number,
): Promise<void> {
  const fml = server.name === 'fasttrackml';
  const columns = runs.map(({ id, name, startTime }, place) => ({ id, name, start: startTime, index: first + place }));
  const rows = (values: (run: SeededRun) => (string | number)[], prefix: string): string =>
    JSON.stringify(
      runs.flatMap((run) =>
        values(run).map((value, key) => ({ id: run.id, key: `${prefix}${key}`, value, at: run.startTime })),
      ),
    );
  const metrics = rows(({ metrics: values }) => values, 'm');
  const params = rows(({ params: values }) => values, 'p');
  const { database } = server;
  await postgres.query(
    database,
    `insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, source_version,
       lifecycle_stage, artifact_uri, experiment_id${fml ? ', row_num' : ''})
     select id, name, 'UNKNOWN', '', '', 'bench', 'RUNNING', start, '', 'active', 'mlflow-artifacts:/' || $2 || '/' || id || '/artifacts',
       $2::int${fml ? ', "index"' : ''}
     from jsonb_to_recordset($1::jsonb) as r (id text, name text, start bigint, "index" bigint)`,
    [JSON.stringify(columns), experimentId],
  );
  if (!fml)
    await postgres.query(
      database,
      `insert into tags (key, value, run_uuid) select 'mlflow.runName', name, id from jsonb_to_recordset($1::jsonb) as r (id text, name text)`,
      [JSON.stringify(columns)],
    );
  await postgres.query(
    database,
    `insert into params (key, ${fml ? 'value_str' : 'value'}, run_uuid)
     select key, value, id from jsonb_to_recordset($1::jsonb) as r (id text, key text, value text)`,
    [params],
  );
  for (const [table, extra, values] of [
    ['metrics', 'iter, context_id', '1, 1'],
    ['latest_metrics', 'last_iter, context_id', '1, 1'],
  ])
    await postgres.query(
      database,
      `insert into ${table} (key, value, "timestamp", step, is_nan, run_uuid${fml ? `, ${extra}` : ''})
       select key, value, at, 0, false, id${fml ? `, ${values}` : ''}
       from jsonb_to_recordset($1::jsonb) as r (id text, key text, value double precision, at bigint)`,
      [metrics],
    );
}
