import { z } from 'zod';
import type { Journal, Point, RunJournal } from './journal.js';
import type { StormApi } from './storm-api.js';

const points = z.object({
  metrics: z.array(z.object({ value: z.number(), timestamp: z.int(), step: z.int() })).default([]),
  next_page_token: z.string().optional(),
});
const pairs = z.array(z.object({ key: z.string(), value: z.string() })).default([]);
const latest = z.object({ key: z.string(), value: z.number(), timestamp: z.int(), step: z.int() });
const runRead = z.object({
  run: z.object({ data: z.object({ metrics: z.array(latest).default([]), params: pairs, tags: pairs }) }),
});
const runsFound = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]),
  next_page_token: z.string().optional(),
});
const modelsFound = z.object({
  models: z.array(z.object({ info: z.object({ model_id: z.string() }) })).default([]),
  next_page_token: z.string().optional(),
});
const versionsFound = z.object({
  model_versions: z.array(z.object({ version: z.string(), source: z.string() })).default([]),
  next_page_token: z.string().optional(),
});

/** All points of one metric, page by page. */
export async function readHistory(api: StormApi, run: string, key: string): Promise<Point[]> {
  const read: Point[] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const query = { run_id: run, metric_key: key, max_results: '997', ...(token === '' ? {} : { page_token: token }) };
    const page: z.infer<typeof points> = await api.get('metrics/get-history', query, points);
    read.push(...page.metrics);
    token = page.next_page_token;
  }
  return read;
}

/** Reads everything through the API and says, in sentences, what is lost, there twice, or there without having been acknowledged. */
export async function differences(api: StormApi, journal: Journal, experiment: string): Promise<string[]> {
  const found: string[] = [];
  const left = [...journal.runs];
  const readers = Array.from({ length: 8 }, async () => {
    for (let run = left.pop(); run !== undefined; run = left.pop()) found.push(...(await runDifferences(api, run)));
  });
  await Promise.all(readers);
  found.push(
    ...compareIds(
      'run',
      journal.runs.map(({ id }) => id),
      await runIds(api, experiment),
    ),
  );
  found.push(...compareIds('logged model', journal.loggedModels, await loggedModelIds(api, experiment)));
  for (const [model, versions] of journal.versions) {
    const made = [...versions].map(([version, source]) => `${version} of ${source}`);
    found.push(...compareIds(`version of ${model}`, made, await versionNames(api, model)));
  }
  return found;
}

async function runDifferences(api: StormApi, run: RunJournal): Promise<string[]> {
  const { data } = (await api.get('runs/get', { run_id: run.id }, runRead)).run;
  const found: string[] = [];
  for (const [key, sent] of run.points) {
    const named = `point of '${key}' in run ${run.id}`;
    found.push(...compareIds(named, sent.map(pointName), (await readHistory(api, run.id, key)).map(pointName)));
    const last = data.metrics.find((metric) => metric.key === key);
    const expected = sent.toSorted((one, other) => one.step - other.step).at(-1);
    if (last === undefined || expected === undefined || pointName(last) !== pointName(expected))
      found.push(`the latest value of '${key}' in run ${run.id} is not that of its last step`);
  }
  found.push(
    ...compareIds(
      `metric of run ${run.id}`,
      [...run.points.keys()],
      data.metrics.map(({ key }) => key),
    ),
  );
  found.push(
    ...compareIds(
      `parameter of run ${run.id}`,
      [...run.params].map(pairName),
      data.params.map(({ key, value }) => pairName([key, value])),
    ),
  );
  found.push(
    ...compareIds(
      `tag of run ${run.id}`,
      [...run.tags].map(pairName),
      data.tags.map(({ key, value }) => pairName([key, value])),
    ),
  );
  return found;
}

function pointName({ timestamp, step, value }: Point): string {
  return `${timestamp}/${step}/${value}`;
}

function pairName([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}

/** Lost, double and unknown ones of a kind; at most a few of each are named. */
function compareIds(kind: string, sent: readonly string[], read: readonly string[]): string[] {
  const there = new Set(read);
  const known = new Set(sent);
  const said = (what: string, ids: readonly string[]): string[] =>
    ids.length === 0 ? [] : [`${what} ${kind}: ${ids.length} (${ids.slice(0, 3).join(', ')})`];
  const seen = new Set<string>();
  const twice = read.filter((id) => seen.size === seen.add(id).size);
  return [
    ...said(
      'lost',
      sent.filter((id) => !there.has(id)),
    ),
    ...said('double', twice),
    ...said(
      'unknown',
      read.filter((id) => !known.has(id)),
    ),
  ];
}

async function runIds(api: StormApi, experiment: string): Promise<string[]> {
  return allPages(async (page) => {
    const body = { experiment_ids: [experiment], max_results: 500, ...page };
    const { answer } = await api.post('runs/search', body, runsFound);
    return { ids: answer.runs.map(({ info }) => info.run_id), next: answer.next_page_token };
  });
}

async function loggedModelIds(api: StormApi, experiment: string): Promise<string[]> {
  return allPages(async (page) => {
    const body = { experiment_ids: [experiment], max_results: 50, ...page };
    const { answer } = await api.post('logged-models/search', body, modelsFound);
    return { ids: answer.models.map(({ info }) => info.model_id), next: answer.next_page_token };
  });
}

async function versionNames(api: StormApi, model: string): Promise<string[]> {
  return allPages(async (page) => {
    const query = { filter: `name = '${model}'`, max_results: '100', ...page };
    const answer = await api.get('model-versions/search', query, versionsFound);
    const ids = answer.model_versions.map(({ version, source }) => `${version} of ${source}`);
    return { ids, next: answer.next_page_token };
  });
}

async function allPages(
  read: (page: { page_token?: string }) => Promise<{ ids: string[]; next: string | undefined }>,
): Promise<string[]> {
  const { ids, next } = await read({});
  const all = ids;
  for (let token = next; token !== undefined;) {
    const page = await read({ page_token: token });
    all.push(...page.ids);
    token = page.next;
  }
  return all;
}
