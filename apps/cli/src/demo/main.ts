import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { readEnvironment } from '../config.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { progress } from '../output/progress.js';
import { processContext } from '../program.js';
import { DemoState } from './demo-state.js';
import { cancelLeftOvers } from './find-or-make.js';
import { gatherCast } from './people.js';
import { type RunningPlatform, runTool, startPlatform } from './platform-process.js';
import { storyNames } from './story.js';
import { splitApplicants } from './story-data.js';
import { pilot, tellStory, type ToldStory } from './tell-story.js';

interface DemoOptions {
  readonly once?: boolean;
  readonly resume?: boolean;
  readonly json?: string;
}

/** Aborted when somebody stops the demo: the platform is stopped with it, and a call that breaks off then is no broken claim. */
const stopped = new AbortController();

const root = resolve(fileURLToPath(new URL('../../../..', import.meta.url)));
const environment = readEnvironment();
const context = processContext(environment);
const { terminal } = context;

const command = new Command('npm run demo --')
  .description('Starts the platform on a data folder of the demo and walks the credit-risk pilot through its HTTP API.')
  .option('--once', 'end after the story; exit code 0 only if every step held')
  .option('--resume', 'go on with a story that was cut off')
  .option('--json <file>', "write each step's facts")
  .exitOverride();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!stopped.signal.aborted) terminal.err('\nStopping the platform …\n');
    stopped.abort();
  });
}
try {
  command.parse(process.argv);
  process.exitCode = await run(command.opts<DemoOptions>());
} catch (error) {
  if (stopped.signal.aborted) {
    terminal.err('Stopped. Go on with "npm run demo -- --resume".\n');
    process.exitCode = exitCodes.interrupted;
  } else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else {
    terminal.err(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof CliError ? error.exitCode : exitCodes.failure;
  }
}

async function run(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const dataDir = resolve(environment.ASSAY_DATA_DIR || '.assay', 'demo');
  const state = DemoState.open(dataDir, options.resume === true);
  terminal.err(
    `${terminal.style('bold', 'The credit-risk pilot')}: 1,000 credit applicants, one model, its whole life. Data: ${dataDir}\n`,
  );
  const platform = await startPlatform({
    main: join(root, 'apps/assay/dist/main.js'),
    dataDir,
    environment,
    leftBehind: state.platformPid,
    stop: stopped.signal,
  });
  state.keepPlatform(platform.pid);
  try {
    terminal.err(
      `The platform listens on ${platform.url} after ${((performance.now() - began) / 1000).toFixed(1)} s; its log: ${platform.logFile}\n\n`,
    );
    const told = await Promise.race([tell(platform, state, dataDir), lost(platform)]);
    if (told.ok) state.finish();
    const seconds = (performance.now() - began) / 1000;
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify(report(told, platform, state.telling, seconds), null, 2)}\n`);
    summary(told, platform, state, dataDir, seconds);
    if (options.once !== true && told.ok) {
      terminal.err('The platform keeps running: Ctrl-C stops it.\n');
      await platform.ended;
    }
    return told.ok ? exitCodes.ok : exitCodes.negative;
  } finally {
    await platform.stop();
  }
}

async function tell(platform: RunningPlatform, state: DemoState, dataDir: string): Promise<ToldStory> {
  const witnessed: string[] = [];
  // Every acknowledged change, kept at once: after a kill, each of these must still stand in the log.
  const acknowledged = join(dataDir, 'acknowledged');
  const witness = (auditIds: readonly string[]): void => {
    witnessed.push(...auditIds);
    if (auditIds.length > 0) appendFileSync(acknowledged, `${auditIds.join('\n')}\n`, { mode: 0o600 });
  };
  const cast = await gatherCast({
    server: platform.url,
    request: context.request,
    state,
    setUpSecret: platform.setUpSecret,
    witness,
  });
  await cancelLeftOvers(cast.engineer.client, storyNames(state.telling));
  const data = splitApplicants(readFileSync(join(root, 'tests/fixtures/german-credit/german-credit.csv'), 'utf8'));
  return tellStory({
    server: platform.url,
    dataDir,
    context,
    names: storyNames(state.telling),
    data,
    state,
    progress: progress(terminal),
    cast,
    witnessed,
    now: () => performance.now(),
    stopping: () => stopped.signal.aborted,
    asDatabaseOwner: async (args) =>
      runTool(join(root, 'apps/assay/dist/rehearse-tampering.js'), args, { ...environment, ASSAY_DATA_DIR: dataDir }),
  });
}

async function lost(platform: RunningPlatform): Promise<never> {
  const code = await platform.ended;
  throw new CliError(
    `The platform ended in the middle of the story (code ${String(code)}): see ${platform.logFile}, then go on with "npm run demo -- --resume".`,
  );
}

function report(told: ToldStory, platform: RunningPlatform, telling: number, seconds: number): object {
  return { ok: told.ok, telling, server: platform.url, seconds, broken: told.broken, steps: told.steps };
}

function summary(told: ToldStory, platform: RunningPlatform, state: DemoState, dataDir: string, seconds: number): void {
  if (!told.ok) {
    terminal.err(
      `\nThe story broke at step ${told.steps.length + 1} of ${pilot.length}. The platform's log: ${platform.logFile}\n`,
    );
    return;
  }
  const checks = told.steps.reduce((sum, step) => sum + step.checks.length, 0);
  const facts = new Map(told.steps.map((step) => [step.id, step.facts]));
  const shown = (id: string, name: string): string => [facts.get(id)?.[name] ?? '–'].flat().map(String).join(' and ');
  terminal.err(
    [
      '',
      terminal.style('bold', `All ${pilot.length} steps held: ${checks} checks in ${seconds.toFixed(0)} s.`),
      `Trained with ${shown('train', 'backend')} as version 1; after the alarm on ${shown('watch', 'shifted')} version ${shown('retrain', 'version')} took over.`,
      `Who moved the pointer, and why: npx assay models history ${shown('register-model', 'model')}@champion --url ${platform.url}`,
      `The audit log, to verify yourself: npx assay audit verify ${shown('verify-audit-log', 'file')}`,
      `The platform: ${platform.url}   API documentation: ${platform.url}/docs   (sign in as ${state.person('admin').email}; passwords in ${join(dataDir, 'demo.json')})`,
      '',
    ].join('\n'),
  );
}
