import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';
import { datasetVersion, datasetVersions } from '../registry-wire.js';

export function datasetsCommand(context: CommandContext): Command {
  return new Command('datasets')
    .description('Registered datasets: versions with their digest and profile.')
    .addCommand(register(context))
    .addCommand(versions(context));
}

function register(context: CommandContext): Command {
  return command(
    'register',
    'Register a CSV file as a version. The same bytes give the version that exists.',
    'assay datasets register german-credit german-credit.csv',
  )
    .argument('<name>', 'dataset')
    .argument('<file>', 'CSV file with a header line')
    .action(async (name: string, file: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).call('POST', `/api/v1/datasets/${segment(name)}/versions`, {
        schema: datasetVersion,
        body: readFile(file),
        contentType: 'text/csv',
      });
      answer(context, options, body, () => `${body.name}:${body.version} ${body.digest}\n`);
    });
}

function versions(context: CommandContext): Command {
  return command('versions', 'List the versions of a dataset.', 'assay datasets versions german-credit')
    .argument('<name>', 'dataset')
    .action(async (name: string, options: CommonOptions) => {
      const { versions: rows } = await clientOf(context, options).get(
        `/api/v1/datasets/${segment(name)}/versions`,
        datasetVersions,
      );
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'version', value: (row) => row.version, align: 'right' },
          { title: 'digest', value: (row) => row.digest },
        ]),
      );
    });
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(
      `${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      exitCodes.usage,
    );
  }
}
