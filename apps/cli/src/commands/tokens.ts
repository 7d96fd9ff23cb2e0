import { issuedToken, permissions, token, tokenList } from '@assay/contracts';
import { Command, Option } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { table } from '../output/table.js';

/** `assay tokens`; `assay token` as well, as it was first called. */
export function tokensCommand(context: CommandContext): Command {
  return new Command('tokens')
    .alias('token')
    .description('API tokens of yours, for scripts and MLflow clients.')
    .addCommand(make(context))
    .addCommand(list(context))
    .addCommand(revoke(context));
}

function make(context: CommandContext): Command {
  return command(
    'create',
    'Make an API token. It is shown once.',
    'export MLFLOW_TRACKING_TOKEN=$(assay tokens create "training server")',
  )
    .argument('<name>', 'what it is for')
    .option('--days <n>', 'days until it is refused', '90')
    .addOption(new Option('--scope <permissions...>', 'all that it may do, of what you may').choices(permissions))
    .action(async (name: string, options: CommonOptions & { days: string; scope?: string[] }) => {
      const { body } = await clientOf(context, options).post('/api/v1/tokens', issuedToken, {
        name,
        expiresInDays: options.days,
        scopes: options.scope,
      });
      remark(context, `Token ${body.id}, valid until ${body.expiresAt}:`);
      answer(context, options, body, () => `${body.token}\n`);
    });
}

function list(context: CommandContext): Command {
  return command('list', 'List your tokens.', 'assay tokens list').action(async (options: CommonOptions) => {
    const { tokens } = await clientOf(context, options).get('/api/v1/tokens', tokenList);
    answer(context, options, tokens, () =>
      table(tokens, [
        { title: 'token', value: (row) => `${row.prefix}…` },
        { title: 'name', value: (row) => row.name },
        { title: 'kind', value: (row) => row.kind },
        { title: 'scopes', value: (row) => row.scopes?.join(' ') ?? 'all' },
        { title: 'expires', value: (row) => row.expiresAt },
        { title: 'last used', value: (row) => row.lastUsedAt },
        { title: 'revoked', value: (row) => row.revokedAt },
      ]),
    );
  });
}

function revoke(context: CommandContext): Command {
  return command('revoke', 'Revoke a token at once.', 'assay tokens revoke 3fXb…')
    .argument('<id>', 'id of the token: the part after "assay_"')
    .action(async (id: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).call('DELETE', `/api/v1/tokens/${segment(id)}`, {
        schema: token,
      });
      answer(context, options, body, () => `Revoked ${body.id}.\n`);
    });
}
