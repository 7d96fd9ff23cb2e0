import { type PolicyProposal, policyProposal, policyProposalList, proposalStates } from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { called } from '../output/called.js';
import { difference } from '../output/difference.js';
import { cellText, fields, table } from '../output/table.js';
import { credentialOf, signing, type SigningOptions } from './signing.js';

interface OneOptions {
  proposal?: string;
}

/** `assay policies proposals|accept|refuse|withdraw`: changes of policies that guard something. */
export function proposalCommands(context: CommandContext): Command[] {
  return [proposals(context), accept(context), refuse(context), withdraw(context)];
}

function proposals(context: CommandContext): Command {
  return command(
    'proposals',
    'List proposals to change a policy, or show one with what it changes.',
    'assay policies proposals high-risk --state open',
  )
    .argument('<name>', 'policy')
    .addOption(new Option('--state <state>', 'only in this state').choices(proposalStates))
    .option('--proposal <id>', 'show this one')
    .action(async (name: string, options: CommonOptions & OneOptions & { state?: string }) => {
      const api = clientOf(context, options);
      if (options.proposal !== undefined) {
        const found = await api.get(pathOf(name, options.proposal), policyProposal);
        answer(context, options, found, () => proposalText(found));
        return;
      }
      const { proposals: found } = await listOf(api, name, options.state);
      answer(context, options, found, () =>
        table(found, [
          { title: 'id', value: (row) => row.id },
          { title: 'replaces', value: (row) => `version ${row.base.version}` },
          { title: 'state', value: (row) => row.state },
          { title: 'by', value: (row) => called(row.proposedBy) },
          { title: 'at', value: (row) => row.proposedAt },
          { title: 'why', value: (row) => row.reason },
        ]),
      );
    });
}

function accept(context: CommandContext): Command {
  return deciding(
    'accept',
    'Accept a change of a policy. Asks for your credential again: it signs what you looked at.',
    'assay policies accept high-risk --comment "the new floor is agreed"',
  ).action(async (name: string, options: SigningOptions & OneOptions) => {
    const api = clientOf(context, options);
    const seen = await oneOf(api, name, options);
    context.terminal.err(proposalText(seen));
    const { body } = await api.post(`${pathOf(name, seen.id)}/accept`, policyProposal, {
      comment: options.comment,
      credential: await credentialOf(context, options),
      binding: seen.binding,
    });
    answer(context, options, body, () => `${sentence(body)}\n`);
  });
}

function refuse(context: CommandContext): Command {
  return deciding(
    'refuse',
    'Refuse a change of a policy. Asks for your credential again.',
    'assay policies refuse high-risk --comment "too weak for this use"',
  ).action(async (name: string, options: SigningOptions & OneOptions) => {
    const api = clientOf(context, options);
    const seen = await oneOf(api, name, options);
    const { body } = await api.post(`${pathOf(name, seen.id)}/refuse`, policyProposal, {
      comment: options.comment,
      credential: await credentialOf(context, options),
    });
    answer(context, options, body, () => `${sentence(body)}\n`);
  });
}

function withdraw(context: CommandContext): Command {
  return command('withdraw', 'Take a proposal of yours back.', 'assay policies withdraw high-risk')
    .argument('<name>', 'policy')
    .option('--proposal <id>', 'without it, the one that waits')
    .option('--comment <text>', 'why', '')
    .action(async (name: string, options: CommonOptions & OneOptions & { comment: string }) => {
      const api = clientOf(context, options);
      const seen = await oneOf(api, name, options);
      const { body } = await api.post(`${pathOf(name, seen.id)}/withdraw`, policyProposal, {
        comment: options.comment,
      });
      answer(context, options, body, () => `${sentence(body)}\n`);
    });
}

function deciding(name: string, about: string, example: string): Command {
  return signing(name, about, example)
    .argument('<name>', 'policy')
    .option('--proposal <id>', 'without it, the one that waits');
}

async function listOf(api: ApiClient, name: string, state?: string) {
  return api.get(`/api/v1/policies/${segment(name)}/proposals`, policyProposalList, { state });
}

/** The proposal that was named, or the one that waits: a policy has at most one. */
async function oneOf(api: ApiClient, name: string, { proposal }: OneOptions): Promise<PolicyProposal> {
  if (proposal !== undefined) return api.get(pathOf(name, proposal), policyProposal);
  const [open] = (await listOf(api, name, 'open')).proposals;
  if (open === undefined)
    throw new CliError(`No change of the policy ${name} waits to be decided.`, exitCodes.notFound);
  return open;
}

function pathOf(name: string, id: string): string {
  return `/api/v1/policies/${segment(name)}/proposals/${segment(id)}`;
}

function proposalText(row: PolicyProposal): string {
  const places = (list: PolicyProposal['guards']): string =>
    list.map(({ model, pointer }) => `${model}@${pointer}`).join(', ');
  const head = fields({
    proposal: row.id,
    policy: `${row.policy}, to replace version ${row.base.version}`,
    'proposed by': `${called(row.proposedBy)} at ${row.proposedAt}`,
    why: row.reason,
    state: row.state,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    guards: places(row.guards),
    ...(row.drops.length === 0 ? {} : { 'guards no longer': places(row.drops) }),
    binding: row.binding,
  });
  const missing = row.missingApprovals.map(
    ({ approver, count, next }) =>
      `Still needed: ${count} approval${count === 1 ? '' : 's'} by ${approver}${next ? '' : ', after those above'}.\n`,
  );
  const decided = row.decisions.map(
    ({ decision, by, approver, at, comment }) =>
      `${decision === 'accept' ? 'Accepted' : 'Refused'} by ${called(by)} as ${approver} at ${at}: ${cellText(comment)}\n`,
  );
  const never =
    row.state === 'open'
      ? `Never by ${row.mayNotAccept.map(called).join(', ')}: they proposed it, or made the program that did.\n`
      : '';
  return `${head}\n${difference(row.base.text, row.text)}\n${decided.join('')}${missing.join('')}${never}`;
}

function sentence(row: PolicyProposal): string {
  if (row.state === 'accepted') return `Policy ${row.policy} version ${String(row.version)} holds from now on.`;
  return `The proposal ${row.id} to change ${row.policy} is ${row.state}${row.outcome === null ? '' : `: ${row.outcome}`}.`;
}
