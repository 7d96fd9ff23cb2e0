import { type SeededExperiment, metricOf, paramOf, requireRun, seededRun, startOf } from '../seeds/search-runs.js';
import { seededExperiment } from '../seeds/seed-runs.js';
import { hundredThousandRuns, millionRuns } from '../seeds/seed-many-runs.js';
import { getRun } from './get-run.js';
import { type Scenario, type Target, oncePerServer } from './scenario.js';
import { type RunsPage, pythonJson } from './wire.js';

/** One question, and which of the seeded runs must come back, largest `rank` first. */
interface Question {
  filter?: string;
  orderBy?: string;
  maxResults: number;
  matches(index: number): boolean;
  rank(index: number): number;
}

const questions = {
  /** About one run in twenty matches; a hundred of them, best first. Another metric and another word each time. */
  filter: Array.from({ length: 10 }, (_, turn): Question => {
    const [filtered, param, ordered] = [turn, (turn + 3) % 10, (turn + 1) % 10];
    return {
      filter: `metrics.m${filtered} > 0.5 and params.p${param} = 'v${turn}'`,
      orderBy: `metrics.m${ordered} DESC`,
      maxResults: 100,
      matches: (index) => metricOf(index, filtered) > 0.5 && paramOf(index, param) === `v${turn}`,
      rank: (index) => metricOf(index, ordered),
    };
  }),
  order: Array.from({ length: 10 }, (_, key): Question => ({
    orderBy: `metrics.m${key} DESC`,
    maxResults: 100,
    matches: () => true,
    rank: (index) => metricOf(index, key),
  })),
  newest: [{ maxResults: 100, matches: () => true, rank: startOf }],
  thousand: Array.from({ length: 10 }, (_, key): Question => ({
    filter: `metrics.m${key} > 0.5`,
    maxResults: 1000,
    matches: (index) => metricOf(index, key) > 0.5,
    rank: startOf,
  })),
} satisfies Record<string, Question[]>;

/** Indexes of the runs that must come back. */
function answerTo(question: Question, count: number): number[] {
  const matching: { index: number; rank: number }[] = [];
  for (let index = 0; index < count; index += 1)
    if (question.matches(index)) matching.push({ index, rank: question.rank(index) });
  return matching
    .sort((a, b) => b.rank - a.rank)
    .slice(0, question.maxResults)
    .map(({ index }) => index);
}

function search(
  name: string,
  title: string,
  asked: readonly Question[],
  seeded: (target: Target) => Promise<SeededExperiment>,
): Omit<Scenario, 'clients' | 'servers'> {
  // Sorting a million runs takes seconds: once is enough for all rounds.
  const answers = oncePerServer(async (target: Target) => {
    const { count } = await seeded(target);
    return asked.map((question) => answerTo(question, count));
  });
  return {
    name,
    title,
    unit: 'searches',
    figure: 'latency',
    perCall: () => 1,
    async prepare(target) {
      const { experimentId, idOf } = await seeded(target);
      const expected = await answers(target);
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
            for (const [place, index] of wanted.entries()) {
              const answered = found[place];
              if (answered) requireRun(answered, seededRun(index, idOf(index)));
            }
          }
        },
      };
    },
  };
}

/** The four questions over one experiment. */
function family(
  suffix: string,
  of: string,
  seeded: (target: Target) => Promise<SeededExperiment>,
): Omit<Scenario, 'clients' | 'servers'>[] {
  return [
    search(`search-filter${suffix}`, `search, filter and order${of}`, questions.filter, seeded),
    search(`search-order${suffix}`, `search, order by metric${of}`, questions.order, seeded),
    search(`search-newest${suffix}`, `search, newest 100${of}`, questions.newest, seeded),
    search(`search-1000${suffix}`, `search, 1,000 results${of}`, questions.thousand, seeded),
  ];
}

export const searchScenarios: readonly Scenario[] = family('', '', seededExperiment).map((scenario) => ({
  ...scenario,
  clients: scenario.name === 'search-filter' ? [1, 16] : [1],
  servers: ['assay', 'mlflow', 'fasttrackml'],
}));

/** The same over more runs. Neither peer has an index on values, so they are not asked. */
export const largeSearchScenarios: readonly Scenario[] = [
  ...[
    ...family('-100k', ', 100,000 runs', hundredThousandRuns),
    getRun('get-run-100k', 'get run of 100,000', hundredThousandRuns),
  ].map((scenario): Scenario => ({ ...scenario, clients: [1], servers: ['assay'], onlyWith: ['growth'] })),
  ...[...family('-1m', ', 1,000,000 runs', millionRuns), getRun('get-run-1m', 'get run of 1,000,000', millionRuns)].map(
    (scenario): Scenario => ({ ...scenario, clients: [1], servers: ['assay'], onlyWith: ['million', 'growth'] }),
  ),
];
