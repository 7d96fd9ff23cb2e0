import { issuedToken, token, tokenList } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { table } from '../output/table.js';

export function tokenCommand(context: CommandContext): Command {
  return new Command('token')
    .description('API tokens of yours, for scripts and MLflow clients.')
    .addCommand(make(context))
    .addCommand(list(context))
    .addCommand(revoke(context));
}

function make(context: CommandContext): Command {
  return command(
    'create',
    'Make an API token. It is shown once.',
    'export MLFLOW_TRACKING_TOKEN=$(assay token create "training server")',
  )
    .argument('<name>', 'what it is for')
    .option('--days <n>', 'days until it is refused', '90')
    .action(async (name: string, options: CommonOptions & { days: string }) => {
      const { body } = await clientOf(context, options).post('/api/v1/tokens', issuedToken, {
        name,
        expiresInDays: options.days,
      });
      remark(context, `Token ${body.id}, valid until ${body.expiresAt}:`);
      answer(context, options, body, () => `${body.token}\n`);
    });
}

function list(context: CommandContext): Command {
  return command('list', 'List your tokens.', 'assay token list').action(async (options: CommonOptions) => {
    const { tokens } = await clientOf(context, options).get('/api/v1/tokens', tokenList);
    answer(context, options, tokens, () =>
      table(tokens, [
        { title: 'id', value: (row) => row.id },
        { title: 'name', value: (row) => row.name },
        { title: 'kind', value: (row) => row.kind },
        { title: 'expires', value: (row) => row.expiresAt },
        { title: 'revoked', value: (row) => row.revokedAt },
      ]),
    );
  });
}

function revoke(context: CommandContext): Command {
  return command('revoke', 'Revoke a token at once.', 'assay token revoke 3fXb…')
    .argument('<id>', 'id of the token: the part after "assay_"')
    .action(async (id: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).call('DELETE', `/api/v1/tokens/${segment(id)}`, {
        schema: token,
      });
      answer(context, options, body, () => `Revoked ${body.id}.\n`);
    });
}
