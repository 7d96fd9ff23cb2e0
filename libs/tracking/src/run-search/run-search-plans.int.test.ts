import { ArtifactsModule } from '@assay/platform/artifacts';
import {
  type Database,
  databaseToken,
  ProcessCaches,
  type Statement,
  acrossWorkspaces,
} from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const runs = 6000;
const firstNumber = 1_000_000;
const loaded = ['run', 'run_tag', 'metric_latest', 'param', 'metric_chunk'];

/** One node of a plan, as `explain (format json)` has it; what it read is for one loop of it. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function rowsOf(node: PlanNode): number {
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return each * node['Actual Loops'];
}

/** Right after a bulk load Postgres knows nothing of the tables: nothing has been analysed, and the plans were made when they were empty. */
// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('searches of tables that nobody has analysed', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `/api/2.0/mlflow/${path}`, body);
  const asked: { statement: Statement; values: readonly unknown[] }[] = [];
  let walks: Database;
  let experiment = '';

  const searches: Readonly<Record<string, object>> = {
    newest: { max_results: 100 },
    ordered: { order_by: ['metrics.m1 DESC'], max_results: 100 },
    filtered: { filter: "metrics.m0 > 0.5 and params.p0 = 'v3'", order_by: ['metrics.m1 DESC'], max_results: 100 },
    probed: { filter: "metrics.m0 > 0.1 and params.q = 'common'", order_by: ['metrics.m1 DESC'], max_results: 100 },
    thousand: { filter: 'metrics.m0 > 0.5', max_results: 1000 },
  };
  const search = (name: string) => post('runs/search', { experiment_ids: [experiment], ...searches[name] });

  beforeAll(async () => {
    const made = await post('experiments/create', { name: 'loaded' });
    experiment = made.body.experiment_id;
    for (const table of loaded) await database.query(`alter table tracking.${table} set (autovacuum_enabled = false)`);
    walks = platform.app.get<Database>(databaseToken('registry'), { strict: false });
    const walk = walks.walk.bind(walks);
    vi.spyOn(walks, 'walk').mockImplementation(async (statement, values = []) => {
      asked.push({ statement, values });
      return walk(statement, values);
    });
    // Plans of the empty tables, which the connection keeps.
    for (const name of Object.keys(searches)) for (let time = 0; time < 3; time += 1) await search(name);
    await load(experiment);
    platform.app.get(ProcessCaches, { strict: false }).dropAll();
  });

  async function load(into: string): Promise<void> {
    await database.query(`insert into tracking.metric_key (id, name) values (901, 'm0'), (902, 'm1'), (903, 'm2')`);
    const sql = [
      `insert into tracking.run (run_id, number, experiment_id, workspace, name, user_id, created_by, status, start_time_ms, artifact_uri, lifecycle_stage)
         select md5(i::text), ${firstNumber} + i, ${into}, 'default', 'r' || i, 'u', 'u', 'RUNNING', i, 'x', 'active' from generate_series(1, ${runs}) as i`,
      `insert into tracking.metric_latest (run_number, key_id, experiment_id, step, timestamp_ms, value)
         select ${firstNumber} + i, 901 + k, ${into}, 0, 0, (i * (7919 + 2 * k) % ${runs}) / ${runs}.0 from generate_series(1, ${runs}) as i, generate_series(0, 2) as k`,
      `insert into tracking.param (run_number, key, value, experiment_id)
         select ${firstNumber} + i, 'p' || k, 'v' || (i * (104729 + k) % 10), ${into} from generate_series(1, ${runs}) as i, generate_series(0, 2) as k`,
      // More than are counted, and fewer than pass the metric's clause.
      `insert into tracking.param (run_number, key, value, experiment_id)
         select ${firstNumber} + i, 'q', case when i % 7 = 0 then 'rare' else 'common' end, ${into} from generate_series(1, ${runs}) as i`,
    ];
    await database.query(
      `do $load$ begin set local session_replication_role = replica; ${sql.map((each) => `${each};`).join(' ')} end $load$`,
    );
  }

  /** What the connection does for a statement as it was last asked, with the plan that it has. */
  async function planOf({
    statement,
    values,
  }: {
    statement: Statement;
    values: readonly unknown[];
  }): Promise<PlanNode> {
    const literal = (value: unknown): string =>
      `'${Array.isArray(value) ? `{${value.join(',')}}` : String(value).replaceAll("'", "''")}'`;
    const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
    const [row] = await walks.walk<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>({
      name: '',
      text: `explain (analyze, timing off, format json) execute "${statement.name}"${given}`,
    });
    if (row === undefined) throw new Error('a statement has a plan');
    return row['QUERY PLAN'][0].Plan;
  }

  it.each([
    ['newest', 100, 300],
    ['ordered', 100, 500],
    ['filtered', 100, 6000],
    ['thousand', 1000, 10_000],
  ])('reads what the page needs: %s', async (name, size, mostRows) => {
    await search(name);
    await search(name);
    asked.length = 0;
    const { body } = await search(name);
    expect(body.runs).toHaveLength(size);
    const [page] = asked.filter(({ statement }) => statement.text.includes('placed'));
    if (page === undefined) throw new Error('no page was searched');
    const nodes = nodesOf(await planOf(page));
    const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
    expect(scans.map((node) => node['Node Type']).filter((type) => !type.startsWith('Index'))).toEqual([]);
    expect(scans.reduce((sum, node) => sum + rowsOf(node), 0)).toBeLessThan(mostRows);
    const sorted = nodes.filter((node) => node['Node Type'] === 'Sort').map(rowsOf);
    expect(Math.max(...sorted)).toBeLessThanOrEqual(2 * size); // those of a batch that pass, a few more than the page shows
  });

  it('asks a batch of runs at once for what fewest have first, and in the index that holds the value', async () => {
    await search('probed');
    await search('probed');
    asked.length = 0;
    expect((await search('probed')).body.runs).toHaveLength(100);
    const [page] = asked.filter(({ statement }) => statement.text.includes('placed'));
    if (page === undefined) throw new Error('no page was searched');
    const looks = nodesOf(await planOf(page));
    const by = (index: string) => looks.filter((node) => node['Index Name'] === index);
    const [values, metrics] = [by('param_by_value'), by('metric_latest_pk')];
    expect([...values, ...metrics].map((node) => node['Actual Loops'])).toEqual([1, 1]);
    expect(by('param_pk')).toEqual([]);
    const [read] = metrics;
    expect(read && rowsOf(read)).toBe(values[0]?.['Actual Rows']);
    const [batch] = by('metric_latest_by_value');
    expect(batch?.['Actual Rows']).toBeLessThanOrEqual(251); // the smallest batch, and the one that tells whether its last ties
  });

  it('reads runs and histories by their keys', async () => {
    const id = 'c4ca4238a0b923820dcc509a6f75849b'; // the md5 of "1"
    asked.length = 0;
    await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${id}`);
    await platform.call('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=m1`);
    expect(asked.map(({ statement }) => statement.name)).toEqual(['run_versions', 'run_details', 'metric_chunks']);
    for (const each of asked.slice()) {
      const scans = nodesOf(await planOf(each)).filter((node) => node['Relation Name'] !== undefined);
      expect(scans.map((node) => node['Node Type']).filter((type) => !type.startsWith('Index'))).toEqual([]);
      expect(scans.reduce((sum, node) => sum + rowsOf(node), 0)).toBeLessThan(30);
    }
  });
});
