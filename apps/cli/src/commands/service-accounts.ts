import {
  type ServiceAccount,
  issuedToken,
  permissions,
  serviceAccount,
  serviceAccountList,
  serviceAccountRoles,
} from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';

const path = '/api/v1/service-accounts';

/** `assay service-accounts`: programs that call in their own name. */
export function serviceAccountsCommand(context: CommandContext): Command {
  return new Command('service-accounts')
    .description('Programs that call in their own name. They never sign.')
    .addCommand(list(context))
    .addCommand(add(context))
    .addCommand(set(context))
    .addCommand(token(context));
}

async function accountNamed(client: ApiClient, name: string): Promise<ServiceAccount> {
  const { serviceAccounts } = await client.get(path, serviceAccountList);
  const found = serviceAccounts.find((account) => account.id === name || account.name === name);
  if (found === undefined) throw new CliError(`There is no service account '${name}'.`, exitCodes.notFound);
  return found;
}

const roleOption = (about: string): Option => new Option('--role <roles...>', about).choices(serviceAccountRoles);

function list(context: CommandContext): Command {
  return command('list', 'List service accounts, by name.', 'assay service-accounts list').action(
    async (options: CommonOptions) => {
      const { serviceAccounts } = await clientOf(context, options).get(path, serviceAccountList);
      answer(context, options, serviceAccounts, () =>
        table(serviceAccounts, [
          { title: 'id', value: (row) => row.id },
          { title: 'name', value: (row) => row.name },
          { title: 'roles', value: (row) => row.roles.join(' ') },
          { title: 'disabled', value: (row) => row.disabledAt },
        ]),
      );
    },
  );
}

function add(context: CommandContext): Command {
  return command('add', 'Add a service account.', 'assay service-accounts add nightly --role contributor')
    .argument('<name>', 'name of the program')
    .addOption(roleOption('roles in the workspace').makeOptionMandatory())
    .action(async (name: string, options: CommonOptions & { role: string[] }) => {
      const { body } = await clientOf(context, options).post(path, serviceAccount, { name, roles: options.role });
      answer(context, options, body, () => `Added ${body.name}: ${body.id}\n`);
    });
}

function set(context: CommandContext): Command {
  return command('set', 'Change its roles or its access.', 'assay service-accounts set nightly --disable')
    .argument('<account>', 'name or id')
    .addOption(roleOption('all roles held from now on'))
    .option('--disable', 'refuse every token of it, and revoke them for good')
    .option('--enable', 'let it in again, with new tokens')
    .action(async (name: string, options: CommonOptions & { role?: string[]; disable?: boolean; enable?: boolean }) => {
      if ((options.disable === true) === (options.enable === true) && options.role === undefined)
        throw new CliError('Say what to change: --role, --disable or --enable.', exitCodes.usage);
      const client = clientOf(context, options);
      const { id } = await accountNamed(client, name);
      const disabled = options.disable === true ? true : options.enable === true ? false : undefined;
      const { body } = await client.call('PATCH', `${path}/${segment(id)}`, {
        schema: serviceAccount,
        body: { roles: options.role, disabled },
      });
      const state = body.disabledAt === null ? body.roles.join(', ') || 'no role' : 'disabled';
      answer(context, options, body, () => `${body.name}: ${state}\n`);
    });
}

function token(context: CommandContext): Command {
  return command(
    'token',
    'Make a token for it. It is shown once.',
    'assay service-accounts token nightly "training cluster" --scope tracking:write registry:register',
  )
    .argument('<account>', 'name or id')
    .argument('<purpose>', 'what the token is for')
    .option('--days <n>', 'days until it is refused', '90')
    .addOption(
      new Option('--scope <permissions...>', 'all that it may do, of what the account may').choices(permissions),
    )
    .action(async (name: string, purpose: string, options: CommonOptions & { days: string; scope?: string[] }) => {
      const client = clientOf(context, options);
      const { id } = await accountNamed(client, name);
      const { body } = await client.post(`${path}/${segment(id)}/tokens`, issuedToken, {
        name: purpose,
        expiresInDays: options.days,
        scopes: options.scope,
      });
      remark(context, `Token ${body.id}, valid until ${body.expiresAt}:`);
      answer(context, options, body, () => `${body.token}\n`);
    });
}
