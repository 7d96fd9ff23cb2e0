import { type SeededRun, requireRun } from '../seeds/search-runs.js';
import { seededExperiment } from '../seeds/seed-runs.js';
import type { Scenario } from './scenario.js';
import { type RunsPage, pythonJson } from './wire.js';

/** One question, and which of the seeded runs must come back, in which order. */
interface Question {
  filter?: string;
  orderBy?: string;
  maxResults: number;
  matches(run: SeededRun): boolean;
  before(a: SeededRun, b: SeededRun): number;
}

const newestFirst = (a: SeededRun, b: SeededRun): number => b.startTime - a.startTime;
const byMetric =
  (key: number) =>
  (a: SeededRun, b: SeededRun): number =>
    (b.metrics[key] ?? 0) - (a.metrics[key] ?? 0);

const questions = {
  /** About one run in twenty matches; a hundred of them, best first. Another metric and another word each time. */
  filter: Array.from({ length: 10 }, (_, turn): Question => {
    const [filtered, param, ordered] = [turn, (turn + 3) % 10, (turn + 1) % 10];
    return {
      filter: `metrics.m${filtered} > 0.5 and params.p${param} = 'v${turn}'`,
      orderBy: `metrics.m${ordered} DESC`,
      maxResults: 100,
      matches: (run) => (run.metrics[filtered] ?? 0) > 0.5 && run.params[param] === `v${turn}`,
      before: byMetric(ordered),
    };
  }),
  order: Array.from({ length: 10 }, (_, key): Question => ({
    orderBy: `metrics.m${key} DESC`,
    maxResults: 100,
    matches: () => true,
    before: byMetric(key),
  })),
  newest: [{ maxResults: 100, matches: () => true, before: newestFirst }],
  thousand: Array.from({ length: 10 }, (_, key): Question => ({
    filter: `metrics.m${key} > 0.5`,
    maxResults: 1000,
    matches: (run) => (run.metrics[key] ?? 0) > 0.5,
    before: newestFirst,
  })),
} satisfies Record<string, Question[]>;

function search(name: string, title: string, clients: readonly number[], asked: readonly Question[]): Scenario {
  return {
    name,
    title,
    unit: 'searches',
    figure: 'latency',
    clients,
    servers: ['assay', 'mlflow', 'fasttrackml'],
    perCall: () => 1,
    async prepare(target) {
      const { experimentId, runs } = await seededExperiment(target);
      const expected = asked.map((question) =>
        runs.filter(question.matches).toSorted(question.before).slice(0, question.maxResults),
      );
      return {
        share: 'shared',
        keep: 'distinct',
        leastCalls: 3,
        calls: asked.map(({ filter, orderBy, maxResults }) => ({
          method: 'POST',
          path: '/api/2.0/mlflow/runs/search',
          body: pythonJson({
            experiment_ids: [experimentId],
            ...(filter === undefined ? {} : { filter }),
            run_view_type: 'ACTIVE_ONLY',
            max_results: maxResults,
            ...(orderBy === undefined ? {} : { order_by: [orderBy] }),
          }),
        })),
        async check({ answers }) {
          for (const { call, text } of answers) {
            const { runs: found = [] }: RunsPage = JSON.parse(text);
            const wanted = expected[call] ?? [];
            if (found.length !== wanted.length)
              throw new Error(
                `${wanted.length} runs were expected of "${asked[call]?.filter ?? 'all'}", ${found.length} came back`,
              );
            for (const [place, run] of wanted.entries()) {
              const answered = found[place];
              if (answered) requireRun(answered, run);
            }
          }
        },
      };
    },
  };
}

export const searchScenarios: readonly Scenario[] = [
  search('search-filter', 'search, filter and order', [1, 16], questions.filter),
  search('search-order', 'search, order by metric', [1], questions.order),
  search('search-newest', 'search, newest 100', [1], questions.newest),
  search('search-1000', 'search, 1,000 results', [1], questions.thousand),
];
