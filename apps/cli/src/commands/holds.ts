import { legalHold, legalHoldKinds, legalHoldList } from '@assay/contracts';
import { Argument, Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { table } from '../output/table.js';

/** `assay holds`: what must not be deleted, whoever asks. */
export function holdsCommand(context: CommandContext): Command {
  return new Command('holds')
    .description('Legal holds: while one stands, nothing under it is deleted or replaced.')
    .addCommand(set(context))
    .addCommand(list(context))
    .addCommand(lift(context));
}

function set(context: CommandContext): Command {
  return command(
    'set',
    'Hold a model, a run or a dataset.',
    'assay holds set model credit-risk --reason "claim 12/2026"',
  )
    .addArgument(new Argument('<kind>', 'what to hold').choices(legalHoldKinds))
    .argument('<subject>', 'name of the model or dataset, or id of the run')
    .requiredOption('--reason <text>', 'why')
    .action(async (kind: string, subject: string, options: CommonOptions & { reason: string }) => {
      const { body } = await clientOf(context, options).post('/api/v1/legal-holds', legalHold, {
        kind,
        subject,
        reason: options.reason,
      });
      answer(
        context,
        options,
        body,
        () => `${kind} ${subject} is held. Somebody else ends that with: assay holds lift ${body.id} --reason "…"\n`,
      );
    });
}

function list(context: CommandContext): Command {
  return command('list', 'List legal holds, newest first.', 'assay holds list --all')
    .option('--all', 'lifted ones as well')
    .action(async (options: CommonOptions & { all?: boolean }) => {
      const { holds } = await clientOf(context, options).get('/api/v1/legal-holds', legalHoldList, {
        state: options.all === true ? 'all' : 'standing',
        limit: 500,
      });
      answer(context, options, holds, () =>
        table(holds, [
          { title: 'hold', value: (row) => row.id },
          { title: 'on', value: (row) => `${row.kind} ${row.subject}` },
          { title: 'since', value: (row) => row.setAt },
          { title: 'by', value: (row) => row.setBy },
          { title: 'reason', value: (row) => row.reason },
          { title: 'lifted', value: (row) => row.lifted?.at },
        ]),
      );
    });
}

function lift(context: CommandContext): Command {
  return command(
    'lift',
    'End a hold that somebody else has set.',
    'assay holds lift 0198f2c4-… --reason "the claim was settled"',
  )
    .argument('<id>', 'hold')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, options: CommonOptions & { reason: string }) => {
      const path = `/api/v1/legal-holds/${segment(id)}/lift`;
      const { body } = await clientOf(context, options).post(path, legalHold, { reason: options.reason });
      answer(context, options, body, () => `${body.kind} ${body.subject} is no longer held by ${body.id}.\n`);
    });
}
