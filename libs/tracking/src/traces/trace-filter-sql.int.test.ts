import { parseFilter } from '@assay/pure/mlflow-wire';
import { testDatabase } from '@assay/testing';
import { expect, it } from 'vitest';
import { SqlParameters } from '../search/sql-parameters.js';
import { conditionsSql } from './trace-filter-sql.js';

const database = testDatabase();

it.each(["tags.stage = 'live'", "name = 'answer'"])('finds %s by its index', async (filter) => {
  await database.query(
    `insert into tracking.trace (trace_id, experiment_id, workspace, request_time_ms, state, artifact_uri, finalized, has_spans, span_count, span_bytes, tags, metadata)
       select 'tr-' || gen_random_uuid(), 0, 'default', n, 'OK', 'x', true, false, 0, 0,
         jsonb_build_object('stage', 'v' || n, 'mlflow.traceName', 'n' || n), '{}' from generate_series(1, 3000) n`,
  );
  await database.query('analyze tracking.trace');
  const parameters = new SqlParameters();
  const conditions = conditionsSql(parseFilter('traces', filter), parameters);
  const plan = await database.query(
    `explain (format json) select t.trace_id from tracking.trace t where ${conditions.join(' and ')}`,
    parameters.values,
  );
  expect(JSON.stringify(plan)).toContain('trace_by_tag');
});
