import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { Bench } from './bench.js';
import { killChildren } from './machine/child.js';
import { postgresSettings } from './machine/postgres.js';
import { UsageError, type Options, helpText, otherFigures, parseOptions } from './options.js';
import { bars, verdict } from './report/bars.js';
import { peerFailures, wrongAnswers } from './report/judge.js';
import { Figures } from './report/summary.js';
import { report } from './report/table.js';
import { scenarios } from './scenarios/index.js';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return say(helpText);
  if (options.list)
    return say([...scenarios.map(({ name, title }) => `${name.padEnd(20)}${title}`), ...otherFigures, ''].join('\n'));
  const began = Date.now();
  const bench = new Bench(options, (text) => {
    const seconds = ((Date.now() - began) / 1000).toFixed(0);
    process.stderr.write(`${seconds.padStart(5)} s  ${text}\n`);
  });
  let stopped = false;
  const stop = (): void => {
    if (stopped) {
      killChildren();
      process.exit(130);
    }
    stopped = true;
    process.stderr.write('stopping (again to stop at once)\n');
    void bench.stop().then(() => process.exit(130));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await bench.run();
  } finally {
    await bench.stop();
  }
  return finish(options, bench, (Date.now() - began) / 1000);
}

function finish(options: Options, bench: Bench, seconds: number): number {
  const { samples, servers } = bench;
  const figures = new Figures(samples, servers);
  process.stdout.write(`\n${report(scenarios, samples, servers, figures, options.quick)}\n`);
  if (options.json !== null)
    writeFileSync(
      options.json,
      `${JSON.stringify(
        {
          finishedAt: new Date().toISOString(),
          seconds,
          machine: { cores: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version },
          postgres: { version: bench.postgresVersion, settings: postgresSettings },
          options,
          servers,
          bars: bars.map((bar) => {
            const value = bar.value(figures);
            const { of, text, unit, stretch } = bar;
            return { of, text, unit, value, bar: bar.bar, stretch, stands: verdict(bar, value) };
          }),
          failures: bench.failures,
          samples,
        },
        null,
        2,
      )}\n`,
    );
  const failed = peerFailures(samples, servers);
  if (failed.length > 0)
    process.stdout.write(`\n* A peer failed calls, and what it wrote was not read back:\n${failed.join('\n')}\n`);
  const wrong = bench.failures.concat(wrongAnswers(samples));
  process.stdout.write(
    wrong.length === 0
      ? `\nEvery ${failed.length === 0 ? '' : 'other '}answer was checked and every write read back. ${Math.round(seconds)} s.\n`
      : `\nWRONG ANSWERS, so the figures beside them mean nothing:\n${wrong.join('\n')}\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    killChildren();
    const expected = error instanceof UsageError;
    process.stderr.write(
      `${expected ? `bench: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(expected ? 64 : 1);
  },
);
