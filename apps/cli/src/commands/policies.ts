import { readFileSync } from 'node:fs';
import { type Policy, policy, policyList } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';

export function policiesCommand(context: CommandContext): Command {
  return new Command('policies')
    .description('Rules that guard pointers.')
    .addCommand(publish(context))
    .addCommand(dryRun(context))
    .addCommand(list(context))
    .addCommand(show(context));
}

function publish(context: CommandContext): Command {
  return command(
    'publish',
    'Publish a policy file; a published version never changes.',
    'assay policies publish policies/credit-risk-champion.yaml',
  )
    .argument('<file>', 'policy file, YAML')
    .action(async (file: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).post('/api/v1/policies', policy, { text: readPolicy(file) });
      answer(
        context,
        options,
        body,
        () => `Published ${body.name} version ${body.version}, which guards ${guardsText(body)}.\n`,
      );
    });
}

function dryRun(context: CommandContext): Command {
  return command(
    'dry-run',
    'Check a policy file and publish nothing.',
    'assay policies dry-run policies/credit-risk-champion.yaml',
  )
    .argument('<file>', 'policy file, YAML')
    .action(async (file: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).post('/api/v1/policies', policy, {
        text: readPolicy(file),
        dryRun: true,
      });
      answer(
        context,
        options,
        body,
        () => `Would become ${body.name} version ${body.version}, guarding ${guardsText(body)}.\n`,
      );
    });
}

function list(context: CommandContext): Command {
  return command('list', 'List the current policies.', 'assay policies list').action(async (options: CommonOptions) => {
    const { policies } = await clientOf(context, options).get('/api/v1/policies', policyList);
    answer(context, options, policies, () =>
      table(policies, [
        { title: 'policy', value: (row) => row.name },
        { title: 'version', value: (row) => row.version, align: 'right' },
        { title: 'guards', value: guardsText },
        { title: 'published', value: (row) => row.publishedAt },
        { title: 'by', value: (row) => row.publishedBy },
      ]),
    );
  });
}

function show(context: CommandContext): Command {
  return command('show', 'Print the text of a policy.', 'assay policies show credit-risk-champion --version 1')
    .argument('<name>', 'policy')
    .option('--version <n>', 'without it, the current one')
    .action(async (name: string, options: CommonOptions & { version?: string }) => {
      const found = await clientOf(context, options).get(`/api/v1/policies/${segment(name)}`, policy, {
        version: options.version,
      });
      answer(context, options, found, () => found.text);
    });
}

function guardsText(row: Policy): string {
  return row.guards.map(({ model, pointer }) => `${model}@${pointer}`).join(', ');
}

function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(
      `${file} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      exitCodes.usage,
    );
  }
}
