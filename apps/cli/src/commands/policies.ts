import { type Policy, type PublishedPolicy, policy, policyList, publishedPolicy } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { table } from '../output/table.js';
import { readPolicy } from './policy-file.js';
import { proposalCommands } from './policy-proposals.js';
import { tryPolicyCommand } from './try-policy.js';

export function policiesCommand(context: CommandContext): Command {
  const policies = new Command('policies')
    .description('Rules that guard pointers.')
    .addCommand(publish(context))
    .addCommand(dryRun(context))
    .addCommand(list(context))
    .addCommand(show(context))
    .addCommand(tryPolicyCommand(context));
  for (const each of proposalCommands(context)) policies.addCommand(each);
  return policies;
}

function publish(context: CommandContext): Command {
  return command(
    'publish',
    'Publish a policy file. Where the policy guards something already, it is proposed, and others accept it.',
    'assay policies publish policies/credit-risk-champion.yaml --reason "agreed on 3 May"',
  )
    .argument('<file>', 'policy file, YAML')
    .option('--reason <text>', 'why, for whoever has to accept it', '')
    .action(async (file: string, options: CommonOptions & { reason: string }) => {
      const { body } = await clientOf(context, options).post('/api/v1/policies', publishedPolicy, {
        text: readPolicy(file),
        reason: options.reason,
      });
      warn(context, body);
      answer(context, options, body, () =>
        body.state === 'published'
          ? `Published ${body.name} version ${body.version}, which guards ${guardsText(body)}.\n`
          : `Proposed as ${body.name} version ${body.version}: it holds once others accept it (assay policies accept ${body.name}).\n`,
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
      const { body } = await clientOf(context, options).post('/api/v1/policies', publishedPolicy, {
        text: readPolicy(file),
        dryRun: true,
      });
      warn(context, body);
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

function warn(context: CommandContext, { warnings }: PublishedPolicy): void {
  for (const { line, column, message } of warnings) remark(context, `Line ${line}, column ${column}: ${message}.`);
}
