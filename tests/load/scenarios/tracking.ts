import type { Api } from './api.js';
import type { HistoryPage, RunsPage, WireMetric, WireRun } from './wire.js';

/** What scenarios ask of the tracking API to seed and to read back. */
export async function createExperiment(api: Api, name: string): Promise<string> {
  const made = await api.post<{ experiment_id: string }>('/api/2.0/mlflow/experiments/create', {
    name: `${name} ${Date.now().toString(36)}`,
  });
  return made.experiment_id;
}

export async function createRun(api: Api, experimentId: string, name: string): Promise<WireRun> {
  const made = await api.post<{ run: WireRun }>('/api/2.0/mlflow/runs/create', {
    experiment_id: experimentId,
    run_name: name,
    user_id: 'bench',
    start_time: Date.now(),
  });
  return made.run;
}

export async function createRuns(api: Api, experimentId: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push((await createRun(api, experimentId, `run-${index}`)).info.run_id);
  return ids;
}

/** Every run of an experiment, page by page. */
export async function allRuns(api: Api, experimentId: string): Promise<WireRun[]> {
  const runs: WireRun[] = [];
  for (let token: string | undefined; ;) {
    const page: RunsPage = await api.post('/api/2.0/mlflow/runs/search', {
      experiment_ids: [experimentId],
      max_results: 1000,
      ...(token ? { page_token: token } : {}),
    });
    runs.push(...(page.runs ?? []));
    token = page.next_page_token;
    if (!token || (page.runs ?? []).length === 0) return runs;
  }
}

/** Every point of one metric of a run, page by page. */
export async function history(api: Api, runId: string, key: string): Promise<WireMetric[]> {
  const points: WireMetric[] = [];
  for (let token: string | undefined; ;) {
    const page: HistoryPage = await api.get('/api/2.0/mlflow/metrics/get-history', {
      run_id: runId,
      metric_key: key,
      ...(token ? { page_token: token } : {}),
    });
    for (const point of page.metrics ?? []) points.push(point);
    token = page.next_page_token;
    if (!token) return points;
  }
}

/** Throws unless the points are exactly those at steps `first`, `first + 1` …, each once, with the values and times expected of them. */
export function requirePoints(
  where: string,
  points: readonly WireMetric[],
  first: number,
  count: number,
  expected: (step: number) => { value: number; timestamp: number },
): void {
  if (points.length !== count)
    throw new Error(`${where}: ${count} points were acknowledged, ${points.length} came back`);
  const seen = new Set<number>();
  for (const point of points) {
    const step = Number(point.step ?? 0);
    const wanted = expected(step);
    if (step < first || step >= first + count || seen.has(step))
      throw new Error(`${where}: step ${step} was never logged, or came back twice`);
    if (point.value !== wanted.value || Number(point.timestamp) !== wanted.timestamp)
      throw new Error(
        `${where}: step ${step} came back as ${point.value} at ${point.timestamp}, not ${wanted.value} at ${wanted.timestamp}`,
      );
    seen.add(step);
  }
}
