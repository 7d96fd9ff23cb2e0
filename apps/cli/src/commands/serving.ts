import { environmentList, type ServingVersion, serving } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { called } from '../output/called.js';
import { table } from '../output/table.js';

interface ServingOptions extends CommonOptions {
  readonly asOf?: string;
  readonly model?: string;
}

/** `assay serving`: what is in production, and who approved it. */
export function servingCommand(context: CommandContext): Command {
  return command(
    'serving',
    'Show what serves in an environment, now or at a time: the version, who moved it there, who approved it.',
    'assay serving production --as-of 2024-05-01T00:00:00Z',
  )
    .argument('[environment]', 'environment of the workspace', 'production')
    .option('--as-of <time>', 'what served then')
    .option('--model <name>', 'only this model')
    .action(async (environment: string, options: ServingOptions) => {
      const api = clientOf(context, options);
      const rows: ServingVersion[] = [];
      for (let pageToken: string | undefined; ;) {
        const found = await api.get(`/api/v1/environments/${segment(environment)}/serving`, serving, {
          model: options.model,
          asOf: options.asOf,
          limit: 500,
          pageToken,
        });
        rows.push(...found.serving);
        pageToken = found.nextPageToken ?? undefined;
        if (pageToken === undefined) break;
      }
      answer(context, options, rows, () => servingText(rows, environment));
    });
}

export function environmentsCommand(context: CommandContext): Command {
  return new Command('environments')
    .description('Environments of the workspace, and the aliases that belong to each.')
    .addCommand(list(context))
    .addCommand(set(context));
}

function list(context: CommandContext): Command {
  return command(
    'list',
    'List the environments in the order in which a version passes through them.',
    'assay environments list',
  ).action(async (options: CommonOptions) => {
    const { environments } = await clientOf(context, options).get('/api/v1/environments', environmentList);
    answer(context, options, environments, () => environmentsText(environments));
  });
}

function set(context: CommandContext): Command {
  return command(
    'set',
    'Say which environments there are, in order. Aliases that are not named belong to the first one.',
    'assay environments set dev staging=challenger production=champion,stage:Production',
  )
    .argument('<environment...>', 'name, or name=alias,alias')
    .action(async (wanted: readonly string[], options: CommonOptions) => {
      const { body } = await clientOf(context, options).call('PUT', '/api/v1/environments', {
        schema: environmentList,
        body: { environments: wanted.map(environmentOf) },
      });
      answer(context, options, body.environments, () => environmentsText(body.environments));
    });
}

/** `production=champion,live` → an environment with its aliases. */
function environmentOf(text: string): { name: string; aliases: string[] } {
  const [name = '', aliases = '', ...rest] = text.split('=');
  if (name === '' || rest.length > 0)
    throw new CliError(`"${text}" is not an environment, such as production=champion.`, exitCodes.usage);
  return { name, aliases: aliases.split(',').filter(Boolean) };
}

function environmentsText(rows: readonly { name: string; aliases: readonly string[] }[]): string {
  return table(rows, [
    { title: 'environment', value: (row) => row.name },
    {
      title: 'aliases',
      value: (row) => [...row.aliases, ...(row === rows[0] ? ['(every other)'] : [])].join(', ') || null,
    },
  ]);
}

function servingText(rows: readonly ServingVersion[], environment: string): string {
  return table(
    rows,
    [
      { title: 'model', value: (row) => `${row.model}@${row.pointer}` },
      { title: 'version', value: (row) => row.version, align: 'right' },
      { title: 'since', value: (row) => row.movedAt },
      { title: 'via', value: viaText },
      { title: 'moved by', value: (row) => called(row.movedBy) },
      {
        title: 'approved by',
        value: (row) => row.approvals.map(({ by, role }) => `${called(by)} (${role})`).join(', ') || null,
      },
      {
        title: 'policy',
        value: (row) => row.policies.map(({ name, version }) => `${name}:${version}`).join(', ') || null,
      },
      { title: 'request', value: (row) => row.requestId },
      { title: 'digest', value: (row) => row.manifestDigest?.slice(0, 12) },
    ],
    `Nothing serves in ${environment}.`,
  );
}

/** By which road, and how it stands with the review of an emergency. */
function viaText({ via, emergency }: ServingVersion): string {
  if (emergency === null) return via;
  return `${via} (${emergency.verdict ?? (emergency.overdue ? 'review OVERDUE' : 'review open')})`;
}
