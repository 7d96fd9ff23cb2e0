import { type Target, oncePerServer } from '../scenarios/scenario.js';
import { createExperiment, createRun } from '../scenarios/tracking.js';
import {
  type SeededExperiment,
  factorOf,
  keysPerRun,
  madeUpId,
  modulus,
  paramValues,
  seededAt,
} from './search-runs.js';

/** Ten times the runs of the other searches. */
export const hundredThousandRuns = oncePerServer((target: Target) => seedBySql(target, target.sizes.moreRuns[0]));

/** A hundred times. */
export const millionRuns = oncePerServer((target: Target) => seedBySql(target, target.sizes.moreRuns[1]));

/**
 * Writes many runs into this server's own tables, as its owner and without its triggers: through the API a million would take the better part
 * of an hour. Keys are made known by one run that is logged through the API, in an experiment of its own.
 */
async function seedBySql({ api, postgres, server }: Target, count: number): Promise<SeededExperiment> {
  const keysIn = await createExperiment(api, `keys of ${count}`);
  const { info } = await createRun(api, keysIn, 'keys');
  await api.post('/api/2.0/mlflow/runs/log-batch', {
    run_id: info.run_id,
    metrics: Array.from({ length: keysPerRun }, (_, key) => ({ key: `m${key}`, value: 0, timestamp: 0, step: 0 })),
  });
  const experimentId = await createExperiment(api, `searched ${count}`);
  const { database } = server;
  const prefix = `many ${count}`;
  // One connection: the pool of the bench has no second.
  await postgres.query(database, 'set session_replication_role = replica');
  await postgres.query(
    database,
    `create temporary table many as
     select i, nextval('tracking.run_number') as number, md5($2 || ' ' || i) as run_id, $3::bigint + i * 1000 as start_ms
     from generate_series(0, $1::bigint - 1) as i`,
    [count, prefix, seededAt],
  );
  await postgres.query(
    database,
    `insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
     select run_id, number, $1::bigint, 'default', 'seeded-' || i, 'bench', 'local', 'RUNNING', start_ms,
       'mlflow-artifacts:/' || $1::bigint || '/' || run_id || '/artifacts', 'active' from many`,
    [experimentId],
  );
  await postgres.query(
    database,
    `insert into tracking.run_tag (run_number, key, value, experiment_id)
     select number, 'mlflow.runName', 'seeded-' || i, $1::bigint from many`,
    [experimentId],
  );
  for (let key = 0; key < keysPerRun; key += 1) {
    await postgres.query(
      database,
      `insert into tracking.metric_latest (run_number, key_id, experiment_id, step, timestamp_ms, value)
       select number, (select id from tracking.metric_key where name = $1), $2::bigint, 0, start_ms,
         ((i + 1) * $3::bigint % $4::bigint)::float8 / $4::bigint::float8 from many`,
      [`m${key}`, experimentId, factorOf(key), modulus],
    );
    await postgres.query(
      database,
      `insert into tracking.param (run_number, key, value, experiment_id)
       select number, $1, 'v' || ((i + 1) * $3::bigint % $4::bigint) % $5::bigint, $2::bigint from many`,
      [`p${key}`, experimentId, factorOf(key + keysPerRun), modulus, paramValues],
    );
  }
  await postgres.query(database, 'drop table many');
  await postgres.query(database, 'reset session_replication_role');
  for (const table of ['run', 'run_tag', 'metric_latest', 'param'])
    await postgres.query(database, `vacuum analyze tracking.${table}`);
  return { experimentId, count, idOf: (index) => madeUpId(index, prefix) };
}
