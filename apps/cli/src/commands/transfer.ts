import { existsSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import {
  answer,
  clientOf,
  command,
  type CommandContext,
  type CommonOptions,
  remark,
  targetOf,
} from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { progress } from '../output/progress.js';
import { cellText, fields, numberText } from '../output/table.js';
import { ArchiveSink } from '../transfer/archive-sink.js';
import { ArchiveSource } from '../transfer/archive-source.js';
import { CountingSink } from '../transfer/counting-sink.js';
import type { Item, Selection, Source } from '../transfer/items.js';
import { MlflowFolderSink } from '../transfer/mlflow-folder-sink.js';
import { MlflowServer } from '../transfer/mlflow-server.js';
import { MlflowSource } from '../transfer/mlflow-source.js';
import { PlatformSink } from '../transfer/platform-sink.js';
import { type Report, Tally } from '../transfer/report.js';
import { type Sink, transfer } from '../transfer/transfer.js';

interface SelectionOptions extends CommonOptions {
  readonly experiment: string[];
  readonly model: string[];
  readonly files: boolean;
}

interface ImportOptions extends SelectionOptions {
  readonly origin?: string;
  readonly dryRun?: boolean;
  readonly atOnce: number;
}

export function importCommand(context: CommandContext): Command {
  return new Command('import').description('Bring what another server knows.').addCommand(importMlflow(context));
}

function importMlflow(context: CommandContext): Command {
  return selecting(
    command(
      'mlflow',
      'Bring experiments, runs with full metric histories, logged models, registered models, versions, aliases, tags and files from a running MLflow server, or from an archive of "assay export". Ids, users and times stay. Run it again to go on, or to bring what is new.',
      'assay import mlflow http://mlflow.example:5000 --experiment credit-risk',
    ),
  )
    .argument('<address-or-archive>', 'address of the server, or path of the archive')
    .option(
      '--origin <name>',
      'name of the origin, where the address changes (default: the address, or what the archive says)',
    )
    .option('--dry-run', 'count what would come, and change nothing')
    .option('--at-once <runs>', 'runs that are brought side by side', atOnce, 4)
    .addHelpText(
      'after',
      "\nThe other server is asked as MLflow clients ask it: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.\nNot brought: traces, evaluation datasets, prompts' links, webhooks, users and their permissions.",
    )
    .action(async (from: string, options: ImportOptions) => {
      const source = await sourceOf(context, from, options);
      const tally = new Tally(source.origin);
      const sink =
        options.dryRun === true
          ? new CountingSink(tally)
          : new PlatformSink(clientOf(context, options), source.origin, tally, context.pause);
      // An archive is read from beginning to end.
      const atOnceHere = source instanceof ArchiveSource ? 1 : options.atOnce;
      await carry(context, source, sink, atOnceHere, 'Stopped: run the same command again, and it goes on from there.');
      finish(context, options, tally.report(), options.dryRun === true ? 'would bring' : 'brought');
    });
}

export function exportCommand(context: CommandContext): Command {
  return selecting(
    command(
      'export',
      'Write experiments, runs, logged models, registered models, versions and files into one archive, which "assay import mlflow" reads, or into a folder that a stock MLflow server opens.',
      'assay export everything.tar.gz',
    ),
  )
    .argument('<archive-or-folder>', 'what to write; an archive is gzipped when its name ends in .gz')
    .option('--mlflow', "write a folder in the layout of MLflow's file store: ids, users and times stay")
    .option('--force', 'replace an archive that is there')
    .addHelpText(
      'after',
      '\nA folder FOLDER is taken over by MLflow itself:\n  mlflow migrate-filestore --source FOLDER/mlruns --target sqlite:///mlflow.db\n  mlflow server --backend-store-uri sqlite:///mlflow.db --artifacts-destination FOLDER/artifacts',
    )
    .action(async (path: string, options: SelectionOptions & { force?: boolean; mlflow?: boolean }) => {
      const isFolder = options.mlflow === true;
      if (existsSync(path) && (isFolder || options.force !== true))
        throw new CliError(
          `${path} is there already: name another ${isFolder ? 'folder' : 'file, or say --force'}.`,
          exitCodes.usage,
        );
      const { server, token } = targetOf(context, options);
      const mlflow = new MlflowServer(server, token === null ? {} : { token }, context.pause, context.request);
      const source = new MlflowSource(mlflow, server, selectionOf(options));
      const tally = new Tally(server);
      const sink = isFolder ? new MlflowFolderSink(path, tally) : new ArchiveSink(path, tally);
      try {
        await sink.begin(server, new Date());
        await carry(context, source, sink, 1, `Stopped: ${path} was not written.`);
        await sink.close();
      } catch (error) {
        await sink.abandon();
        throw error;
      }
      finish(context, options, tally.report(), 'wrote');
    });
}

function selecting(built: Command): Command {
  const collect = (name: string, names: string[]): string[] => [...names, name];
  return built
    .option('--experiment <name>', 'only this experiment; repeat it (and no models unless named)', collect, [])
    .option('--model <name>', 'only this registered model; repeat it (and no experiments unless named)', collect, [])
    .option('--no-files', 'leave the files of runs and logged models');
}

/** Naming one sort alone leaves out the other. */
function selectionOf({ experiment, model, files }: SelectionOptions): Selection {
  const all = experiment.length === 0 && model.length === 0;
  return { experiments: all ? null : experiment, models: all ? null : model, files };
}

async function sourceOf(context: CommandContext, from: string, options: ImportOptions): Promise<Source> {
  const selection = selectionOf(options);
  if (!/^https?:/.test(from) && existsSync(from)) {
    if (statSync(from).isDirectory())
      throw new CliError(
        `${from} is a folder. If it is a file store of MLflow (mlruns), let MLflow serve it (MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ${from}), and import from that server's address.`,
        exitCodes.usage,
      );
    const archive = await ArchiveSource.open(from, selection);
    return options.origin === undefined ? archive : archive.named(options.origin);
  }
  const server = new MlflowServer(from, context.profiles.mlflowCredential(), context.pause, context.request);
  return new MlflowSource(server, options.origin ?? server.address, selection);
}

/** Carries everything, telling how far it is. */
async function carry(
  context: CommandContext,
  source: Source,
  sink: Sink,
  runsAtOnce: number,
  again: string,
): Promise<void> {
  const bar = progress(context.terminal);
  let stage = 'reading';
  let ofStage = 0;
  const stopped = (): void => remark(context, again);
  process.once('exit', stopped);
  const told: Sink = {
    take: async (item) => {
      const begun = stageOf(item);
      if (begun !== null) {
        stage = begun;
        ofStage = 0;
      }
      if (isCounted(item)) ofStage += 1;
      bar.update(stage, ofStage, null);
      await sink.take(item);
    },
  };
  try {
    await transfer(source, told, runsAtOnce);
  } finally {
    bar.stop();
    process.off('exit', stopped);
  }
}

/** What hangs on an experiment or a model, and is counted while it comes. */
function isCounted({ kind }: Item): boolean {
  return kind === 'run' || kind === 'logged model' || kind === 'version';
}

function stageOf(item: Item): string | null {
  if (item.kind === 'experiment') return `experiment ${cellText(item.experiment.name)}`;
  return item.kind === 'registered model' ? `model ${cellText(item.model.name)}` : null;
}

function finish(context: CommandContext, options: CommonOptions, report: Report, did: string): void {
  answer(context, options, report, () => reportText(report, did));
  if (report.notCarried.length === 0) return;
  remark(context, `${numberText(report.notCarried.length)} could not be carried:`);
  for (const { what, why } of report.notCarried) remark(context, `  ${cellText(what)}: ${cellText(why)}`);
  throw new CliError('Not everything could be carried: see above.', exitCodes.negative);
}

function reportText(report: Report, did: string): string {
  const count = ({ brought, present }: { brought: number; present: number }): string =>
    `${numberText(brought)}${present > 0 ? ` (${numberText(present)} here already)` : ''}`;
  return `${did} from ${cellText(report.origin)}\n${fields({
    experiments: count(report.experiments),
    runs: count(report.runs),
    'metric points': numberText(report.points),
    'logged models': count(report.loggedModels),
    files: `${numberText(report.files)} (${numberText(Math.ceil(report.bytes / 1024))} KiB)`,
    'registered models': count(report.models),
    versions: count(report.versions),
    'stages and aliases': numberText(report.pointers),
  })}`;
}

function atOnce(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 32)
    throw new InvalidArgumentError('It is a whole number from 1 to 32.');
  return number;
}
