import type { Scenario } from '../scenarios/scenario.js';
import { type ServerName, serverNames } from '../servers/server.js';
import { bars, verdict } from './bars.js';
import type { Sample, ServerFigures } from './figures.js';
import type { Figures } from './summary.js';

/** What is printed at the end: a line per scenario and number of clients, then memory and starts, then the bars. */
export function report(
  scenarios: readonly Scenario[],
  samples: readonly Sample[],
  servers: readonly ServerFigures[],
  figures: Figures,
  quick: boolean,
): string {
  const names = serverNames.filter((name) => servers.some((server) => server.name === name));
  const title = (name: ServerName): string => servers.find((server) => server.name === name)?.title ?? name;
  const peers = names.filter((name) => name !== 'assay');
  const rowsOf = scenarios.flatMap((scenario) =>
    [...new Set(samples.filter((sample) => sample.scenario === scenario.name).map(({ clients }) => clients))]
      .toSorted((a, b) => a - b)
      .map((clients) => ({ scenario, clients })),
  );
  const head = [
    '',
    ...names.map(title),
    ...peers.map((peer) => `over ${title(peer)}`),
    ...names.map((name) => `CPU ms ${title(name)}`),
  ];
  const rows = rowsOf.map(({ scenario, clients }) => [
    `${scenario.title}, c${clients}`,
    ...names.map((name) => figure(figures, scenario, name, clients)),
    ...peers.map((peer) => ratio(figures, scenario, peer, clients)),
    ...names.map((name) => number(figures.cpuMs(scenario.name, name, clients))),
  ]);
  const once: [string, (name: ServerName) => string][] = [
    ['cold start, s', (name) => number(figures.coldStartSeconds(name))],
    ['resident memory idle, MiB', (name) => number(figures.mib(name, 'rssIdleBytes'))],
    ['resident memory after the run, MiB', (name) => number(figures.mib(name, 'rssAfterBytes'))],
    ['Postgres bytes per metric point', (name) => number(figures.bytesPerUnit('log-batch', name))],
  ];
  const blank = [...peers, ...names].map(() => '');
  for (const [text, of] of once) rows.push([text, ...names.map(of), ...blank]);
  const table = columns([head, ...rows]);
  return quick
    ? `${table}\n\nThese are small sizes: they show that the bench works, and nothing about speed.`
    : `${table}\n\n${columns(barLines(figures))}`;
}

/** With a star where calls failed. */
function figure(figures: Figures, scenario: Scenario, server: ServerName, clients: number): string {
  const text = measured(figures, scenario, server, clients);
  return figures.failedCalls(scenario.name, server, clients) ? `${text} *` : text;
}

function measured(figures: Figures, scenario: Scenario, server: ServerName, clients: number): string {
  if (scenario.figure === 'rate') {
    const rate = figures.rate(scenario.name, server, clients);
    return Number.isNaN(rate) ? '–' : `${number(rate)} ${scenario.unit}/s`;
  }
  const p50 = figures.latency(scenario.name, server, clients, 'p50');
  return Number.isNaN(p50)
    ? '–'
    : `${number(p50)} / ${number(figures.latency(scenario.name, server, clients, 'p95'))} ms`;
}

function ratio(figures: Figures, scenario: Scenario, peer: ServerName, clients: number): string {
  const { name } = scenario;
  const value =
    scenario.figure === 'rate'
      ? figures.rate(name, 'assay', clients) / figures.rate(name, peer, clients)
      : figures.latency(name, peer, clients, 'p50') / figures.latency(name, 'assay', clients, 'p50');
  return Number.isNaN(value) ? '–' : `${number(value)}×`;
}

function barLines(figures: Figures): string[][] {
  return [
    ['bar', '', 'measured', 'bar', 'stretch', ''],
    ...bars.flatMap((bar) => {
      const value = bar.value(figures);
      const stands = verdict(bar, value);
      return stands === 'not measured'
        ? []
        : [[bar.of, bar.text, `${number(value)} ${bar.unit}`, number(bar.bar), number(bar.stretch), stands]];
    }),
  ];
}

/** Three significant digits, thousands apart. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
