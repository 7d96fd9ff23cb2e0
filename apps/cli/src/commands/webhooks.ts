import { randomBytes } from 'node:crypto';
import {
  webhook,
  webhookDelivery,
  webhookDeliveryList,
  webhookEvents,
  webhookList,
  webhookTestResult,
} from '@assay/contracts';
import { Command, Option } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';
import { passwordOf } from './login.js';

const path = '/api/v1/webhooks';

/** `assay webhooks`: other systems that are told what happens. */
export function webhooksCommand(context: CommandContext): Command {
  return new Command('webhooks')
    .description('Other systems that are told what happens here.')
    .addCommand(list(context))
    .addCommand(add(context))
    .addCommand(remove(context))
    .addCommand(test(context))
    .addCommand(deliveries(context))
    .addCommand(replay(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List webhooks, newest first.', 'assay webhooks list').action(
    async (options: CommonOptions) => {
      const { webhooks } = await clientOf(context, options).get(path, webhookList, { limit: 1000 });
      answer(context, options, webhooks, () =>
        table(webhooks, [
          { title: 'id', value: (row) => row.id },
          { title: 'name', value: (row) => row.name },
          { title: 'status', value: (row) => row.status },
          { title: 'signed', value: (row) => (row.signed ? 'yes' : 'no') },
          { title: 'url', value: (row) => row.url },
          { title: 'events', value: (row) => row.events.join(' ') },
          { title: 'models', value: (row) => row.models?.join(' ') ?? 'all' },
        ]),
      );
    },
  );
}

function add(context: CommandContext): Command {
  return command(
    'add',
    'Send events to an address. The secret, if any, signs what is sent and is shown once at most.',
    'assay webhooks add chat https://chat.example.com/hooks/1 --event promotion.approved drift_alert.opened --new-secret',
  )
    .argument('<name>', 'name, for people')
    .argument('<url>', 'where events are POSTed: https, and a public address')
    .addOption(
      new Option('--event <events...>', 'what it is told of, as entity.action')
        .choices(webhookEvents)
        .makeOptionMandatory(),
    )
    .option('--model <names...>', 'models that it is told of, * standing for any text; all if left out')
    .option('--description <text>', 'what it is for')
    .option('--new-secret', 'make a secret and print it')
    .option('--secret-stdin', 'read the secret from standard input')
    .action(
      async (
        name: string,
        url: string,
        options: CommonOptions & {
          event: string[];
          model?: string[];
          description?: string;
          newSecret?: boolean;
          secretStdin?: boolean;
        },
      ) => {
        if (options.newSecret === true && options.secretStdin === true)
          throw new CliError('Give --new-secret or --secret-stdin, not both.', exitCodes.usage);
        const made = options.newSecret === true ? `whsec_${randomBytes(32).toString('base64')}` : undefined;
        const secret =
          options.secretStdin === true ? await passwordOf(context, { passwordStdin: true }, 'Secret: ') : made;
        const { description, model: models } = options;
        const { body } = await clientOf(context, options).post(path, webhook, {
          name,
          url,
          events: options.event,
          ...(models === undefined ? {} : { models }),
          ...(description === undefined ? {} : { description }),
          ...(secret === undefined ? {} : { secret }),
        });
        if (made !== undefined) remark(context, `Its secret, shown once: ${made}`);
        answer(context, options, body, () => `${body.id}\n`);
      },
    );
}

function remove(context: CommandContext): Command {
  return command('delete', 'Delete a webhook; what waits for it is given up.', 'assay webhooks delete 01990c…')
    .argument('<id>', 'id of the webhook')
    .action(async (id: string, options: CommonOptions) => {
      const response = await clientOf(context, options).send('DELETE', `${path}/${segment(id)}`);
      await response.body?.cancel();
      answer(context, options, { id }, () => `Deleted ${id}.\n`);
    });
}

function test(context: CommandContext): Command {
  return command('test', 'Send an example and show what is answered.', 'assay webhooks test 01990c…')
    .argument('<id>', 'id of the webhook')
    .addOption(new Option('--event <event>', 'event to send an example of').choices(webhookEvents))
    .action(async (id: string, options: CommonOptions & { event?: string }) => {
      const request = options.event === undefined ? {} : { event: options.event };
      const { body } = await clientOf(context, options).post(`${path}/${segment(id)}/test`, webhookTestResult, request);
      answer(context, options, body, () =>
        body.responseStatus === null ? '' : `It answered ${body.responseStatus}. ${body.responseBody ?? ''}\n`,
      );
      if (!body.success)
        throw new CliError(
          `The example was not taken: ${body.error ?? `status ${body.responseStatus ?? 'unknown'}`}.`,
          exitCodes.negative,
        );
    });
}

function deliveries(context: CommandContext): Command {
  return command(
    'deliveries',
    'List what was sent, and what waits.',
    'assay webhooks deliveries 01990c… --state failed',
  )
    .argument('<id>', 'id of the webhook')
    .addOption(new Option('--state <state>', 'only in this state').choices(['waiting', 'delivered', 'failed']))
    .action(async (id: string, options: CommonOptions & { state?: string }) => {
      const found = await clientOf(context, options).get(`${path}/${segment(id)}/deliveries`, webhookDeliveryList, {
        state: options.state,
      });
      answer(context, options, found.deliveries, () =>
        table(found.deliveries, [
          { title: 'id', value: (row) => row.id },
          { title: 'event', value: (row) => row.event },
          { title: 'state', value: (row) => row.state },
          { title: 'attempts', value: (row) => String(row.attempts) },
          { title: 'answer', value: (row) => row.responseStatus?.toString() ?? row.error },
          { title: 'next try', value: (row) => row.nextAttemptAt },
          { title: 'at', value: (row) => row.createdAt },
        ]),
      );
    });
}

function replay(context: CommandContext): Command {
  return command('replay', 'Send a delivery again.', 'assay webhooks replay 01990c… 01990d…')
    .argument('<id>', 'id of the webhook')
    .argument('<delivery>', 'id of the delivery')
    .action(async (id: string, delivery: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).call(
        'POST',
        `${path}/${segment(id)}/deliveries/${segment(delivery)}/replay`,
        { schema: webhookDelivery, body: {} },
      );
      answer(context, options, body, () => `Delivery ${body.id} repeats ${delivery}.\n`);
    });
}
