import { type BreakGlass, breakGlass, breakGlassList } from '@assay/contracts';
import { Command, Option } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { called } from '../output/called.js';
import { fields, table } from '../output/table.js';
import { modelReference } from '../references.js';
import { credentialOf, credentialOptions, type CredentialOptions, signing, type SigningOptions } from './signing.js';

const path = '/api/v1/break-glass';

/** `assay break-glass`: move a guarded pointer in an emergency, and review that. */
export function breakGlassCommand(context: CommandContext): Command {
  return new Command('break-glass')
    .description('Moves of guarded pointers in an emergency, where the policies have a rule for it.')
    .addCommand(move(context))
    .addCommand(list(context))
    .addCommand(show(context))
    .addCommand(review(context));
}

interface MoveOptions extends CredentialOptions {
  readonly to: string;
  readonly expect: string;
  readonly reason: string;
}

function move(context: CommandContext): Command {
  return credentialOptions(
    command(
      'move',
      'Move a guarded pointer at once. Raises an alarm, and opens a review that somebody else must close.',
      'assay break-glass move credit-risk:1 --to champion --expect 2 --reason "version 2 refuses everybody"',
    )
      .argument('<model:version>', 'version that is to hold the pointer')
      .requiredOption('--to <pointer>', 'pointer that is to move')
      .requiredOption('--expect <version>', 'version that holds it now, or "none"')
      .requiredOption('--reason <text>', 'what the emergency is'),
  ).action(async (reference: string, options: MoveOptions) => {
    const { name: model, version } = modelReference(reference);
    const { to: pointer, expect, reason } = options;
    const credential = await credentialOf(context, options);
    const asked = { model, pointer, version, expectedHolder: expect === 'none' ? null : expect, reason, credential };
    const { body } = await clientOf(context, options).post(path, breakGlass, asked);
    answer(context, options, body, () => breakGlassText(body));
    remark(context, `Somebody else reviews it: assay break-glass review ${body.id} --verdict justified --comment "…"`);
  });
}

function list(context: CommandContext): Command {
  return command('list', 'List emergency moves, newest first.', 'assay break-glass list --state overdue')
    .addOption(new Option('--state <state>', 'only those whose review is so').choices(['open', 'overdue', 'reviewed']))
    .option('--model <name>', 'only of this model')
    .action(async ({ state, model, ...options }: CommonOptions & { state?: string; model?: string }) => {
      const { moves, nextPageToken } = await clientOf(context, options).get(path, breakGlassList, {
        state,
        model,
        limit: '200',
      });
      answer(context, options, moves, () =>
        table(moves, [
          { title: 'id', value: (row) => row.id },
          { title: 'model', value: (row) => `${row.model}:${row.version}` },
          { title: 'pointer', value: (row) => row.pointer },
          { title: 'by', value: (row) => called(row.brokenBy) },
          { title: 'at', value: (row) => row.brokenAt },
          { title: 'review', value: stateText },
        ]),
      );
      if (nextPageToken !== null) remark(context, 'These are the newest 200; --model and --state show others.');
    });
}

function show(context: CommandContext): Command {
  return command('show', 'Show an emergency move with its review.', 'assay break-glass show 01990c…')
    .argument('<id>', 'id of the emergency move')
    .action(async (id: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(`${path}/${segment(id)}`, breakGlass);
      answer(context, options, found, () => breakGlassText(found));
    });
}

function review(context: CommandContext): Command {
  return signing(
    'review',
    'Close the review of an emergency move that somebody else made. Asks for your credential again.',
    'assay break-glass review 01990c… --verdict justified --comment "version 2 did refuse everybody"',
  )
    .argument('<id>', 'id of the emergency move')
    .addOption(
      new Option('--verdict <verdict>', 'whether it was right')
        .choices(['justified', 'unjustified'])
        .makeOptionMandatory(),
    )
    .action(async (id: string, options: SigningOptions & { verdict: string }) => {
      const api = clientOf(context, options);
      context.terminal.err(breakGlassText(await api.get(`${path}/${segment(id)}`, breakGlass)));
      const { verdict, comment } = options;
      const credential = await credentialOf(context, options);
      const { body } = await api.post(`${path}/${segment(id)}/review`, breakGlass, { verdict, comment, credential });
      answer(context, options, body, () => breakGlassText(body));
    });
}

function stateText({ review: closed, overdue, reviewDueAt }: BreakGlass): string {
  if (closed !== null) return closed.verdict;
  return overdue ? 'OVERDUE' : `due ${reviewDueAt}`;
}

function breakGlassText(row: BreakGlass): string {
  return fields({
    'emergency move': row.id,
    moved: `${row.model}@${row.pointer} → version ${row.version} (before: ${row.from === null ? 'nothing' : `version ${row.from}`})`,
    because: row.reason,
    by: `${called(row.brokenBy)} at ${row.brokenAt}`,
    'allowed by': row.policies.map(({ name, version }) => `policy ${name} version ${version}`).join(', '),
    until: row.expiresAt,
    review: stateText(row),
    ...(row.review === null
      ? { 'reviewed by': `somebody else who is ${row.reviewRoles.join(' and ')}` }
      : { 'reviewed by': `${called(row.review.by)} at ${row.review.at}`, comment: row.review.comment }),
  });
}
