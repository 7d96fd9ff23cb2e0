import { readFileSync } from 'node:fs';
import { type DatasetVersion, datasetList, datasetVersion, datasetVersionList } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { fields, table } from '../output/table.js';
import { datasetReference } from '../references.js';

interface RegisterOptions extends CommonOptions {
  readonly target?: string;
  readonly sensitive: string[];
  readonly identifier: string[];
}

export function datasetsCommand(context: CommandContext): Command {
  return new Command('datasets')
    .description('Registered datasets: versions with their digest and profile.')
    .addCommand(register(context))
    .addCommand(list(context))
    .addCommand(versions(context))
    .addCommand(show(context));
}

function register(context: CommandContext): Command {
  const collect = (name: string, names: string[]): string[] => [...names, name];
  return command(
    'register',
    'Register a CSV file as a version. The same bytes give the version that exists.',
    'assay datasets register german-credit german-credit.csv --target credit_risk --sensitive sex',
  )
    .argument('<name>', 'dataset')
    .argument('<file>', 'CSV file with a header line')
    .option('--target <column>', 'column that models are to predict')
    .option('--sensitive <column>', 'column by whose groups fairness is measured; repeat it', collect, [])
    .option('--identifier <column>', 'column that names a row; repeat it', collect, [])
    .action(async (name: string, file: string, options: RegisterOptions) => {
      const path = `/api/v1/datasets/${segment(name)}/versions?${rolesQuery(options)}`;
      const { body } = await clientOf(context, options).call('POST', path, {
        schema: datasetVersion,
        body: readFile(file),
        contentType: 'text/csv',
      });
      answer(context, options, body, () => profileText(body));
    });
}

function list(context: CommandContext): Command {
  return command('list', 'List datasets.', 'assay datasets list').action(async (options: CommonOptions) => {
    const { datasets } = await clientOf(context, options).get('/api/v1/datasets', datasetList);
    answer(context, options, datasets, () =>
      table(datasets, [
        { title: 'dataset', value: (row) => row.name },
        { title: 'versions', value: (row) => row.versions, align: 'right' },
        { title: 'since', value: (row) => row.createdAt },
      ]),
    );
  });
}

function versions(context: CommandContext): Command {
  return command('versions', 'List the versions of a dataset.', 'assay datasets versions german-credit')
    .argument('<name>', 'dataset')
    .action(async (name: string, options: CommonOptions) => {
      const { versions: rows } = await clientOf(context, options).get(
        `/api/v1/datasets/${segment(name)}/versions`,
        datasetVersionList,
      );
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'version', value: (row) => row.version, align: 'right' },
          { title: 'rows', value: (row) => row.rowCount, align: 'right' },
          { title: 'sha256', value: (row) => row.digest },
          { title: 'at', value: (row) => row.createdAt },
        ]),
      );
    });
}

function show(context: CommandContext): Command {
  return command('show', 'Show the profile of a version, column by column.', 'assay datasets show german-credit:1')
    .argument('<name:version>', 'dataset version')
    .action(async (reference: string, options: CommonOptions) => {
      const { name, version } = datasetReference(reference);
      const found = await clientOf(context, options).get(
        `/api/v1/datasets/${segment(name)}/versions/${version}`,
        datasetVersion,
      );
      answer(context, options, found, () => profileText(found));
    });
}

/** A version and its profile for people. */
export function profileText(row: DatasetVersion): string {
  const head = fields({
    dataset: `${row.name}:${row.version}`,
    rows: row.rowCount,
    sha256: row.digest,
    target: row.roles.target,
    sensitive: row.roles.sensitive.join(', ') || null,
  });
  const columns = table(row.columns, [
    { title: 'column', value: (column) => column.name },
    { title: 'type', value: (column) => column.type },
    { title: 'missing', value: (column) => column.missing, align: 'right' },
    { title: 'distinct', value: (column) => column.distinct, align: 'right' },
    { title: 'mean', value: (column) => column.numeric?.mean, align: 'right' },
    {
      title: 'most frequent',
      value: (column) =>
        column.top
          ?.slice(0, 3)
          .map(({ value, count }) => `${value} ${count}`)
          .join(', '),
    },
  ]);
  return `${head}\n${columns}`;
}

function rolesQuery({ target, sensitive, identifier }: RegisterOptions): string {
  const query = new URLSearchParams();
  if (target !== undefined) query.set('target', target);
  for (const name of sensitive) query.append('sensitive', name);
  for (const name of identifier) query.append('identifier', name);
  return query.toString();
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
