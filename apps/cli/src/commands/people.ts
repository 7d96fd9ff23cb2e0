import { type Person, person, personList, roles } from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import {
  answer,
  clientOf,
  command,
  type CommandContext,
  type CommonOptions,
  remark,
  targetOf,
} from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { table } from '../output/table.js';
import { passwordOf } from './login.js';

const path = '/api/v1/people';

/** `assay people`: who may sign in, and as what. */
export function peopleCommand(context: CommandContext): Command {
  return new Command('people')
    .description('Who may sign in, and with which roles.')
    .addCommand(list(context))
    .addCommand(add(context))
    .addCommand(set(context))
    .addCommand(reset(context));
}

/** Somebody by address or id, as people know them. */
export async function personNamed(client: ApiClient, name: string): Promise<Person> {
  const { people } = await client.get(path, personList);
  const found = people.find(({ id, email }) => id === name || email === name.toLowerCase());
  if (found === undefined) throw new CliError(`Nobody here has the address or id '${name}'.`, exitCodes.notFound);
  return found;
}

const roleOption = (about: string): Option => new Option('--role <roles...>', about).choices(roles);

function list(context: CommandContext): Command {
  return command('list', 'List everybody, by address.', 'assay people list').action(async (options: CommonOptions) => {
    const { people } = await clientOf(context, options).get(path, personList);
    answer(context, options, people, () =>
      table(people, [
        { title: 'id', value: (row) => row.id },
        { title: 'address', value: (row) => row.email },
        { title: 'name', value: (row) => row.name },
        { title: 'roles', value: (row) => row.roles.join(' ') },
        { title: 'disabled', value: (row) => row.disabledAt },
      ]),
    );
  });
}

function add(context: CommandContext): Command {
  return command(
    'add',
    'Add somebody, with a first password that they replace at their first sign-in.',
    'assay people add ada@example.com --name "Ada Lovelace" --role approver',
  )
    .argument('<address>', 'what they sign in with')
    .option('--name <name>', 'their name')
    .addOption(roleOption('roles in the workspace').makeOptionMandatory())
    .option('--oidc', 'no password: they sign in at the company’s provider only')
    .option('--password-stdin', 'read the first password from standard input')
    .action(async (email: string, options: CommonOptions & AddOptions) => {
      const name = options.name ?? email.split('@')[0] ?? email;
      const secret =
        options.oidc === true ? {} : { password: await passwordOf(context, options, `First password of ${email}: `) };
      const { body } = await clientOf(context, options).post(path, person, {
        email,
        name,
        roles: options.role,
        ...secret,
      });
      const { server } = targetOf(context, options);
      remark(
        context,
        `Next, they sign in: assay login --url ${server} --email ${body.email}${options.oidc === true ? ' --oidc' : ''}`,
      );
      answer(context, options, body, () => `Added ${body.email} (${body.roles.join(', ')}): ${body.id}\n`);
    });
}

interface AddOptions {
  readonly name?: string;
  readonly role: string[];
  readonly oidc?: boolean;
  readonly passwordStdin?: boolean;
}

function set(context: CommandContext): Command {
  return command(
    'set',
    'Say which roles somebody holds from now on, or whether they may sign in.',
    'assay people set ada@example.com --role approver contributor',
  )
    .argument('<person>', 'address or id')
    .addOption(roleOption('all roles held from now on'))
    .option('--disable', 'refuse every credential of theirs, and revoke sessions and tokens for good')
    .option('--enable', 'let them sign in again; what was revoked stays revoked')
    .option('--unlink', 'forget who they are at the provider: their next sign-in there is a first one')
    .action(async (name: string, options: CommonOptions & SetOptions) => {
      if (options.disable === true && options.enable === true)
        throw new CliError('Say --disable or --enable, not both.', exitCodes.usage);
      const disabled = options.disable === true ? true : options.enable === true ? false : undefined;
      if (options.role === undefined && disabled === undefined && options.unlink === undefined)
        throw new CliError('Say what to change: --role, --disable, --enable or --unlink.', exitCodes.usage);
      const client = clientOf(context, options);
      const { id } = await personNamed(client, name);
      const { body } = await client.call('PATCH', `${path}/${segment(id)}`, {
        schema: person,
        body: { roles: options.role, disabled, unlink: options.unlink },
      });
      const state = body.disabledAt === null ? body.roles.join(', ') || 'no role' : 'disabled';
      answer(context, options, body, () => `${body.email}: ${state}\n`);
    });
}

interface SetOptions {
  readonly role?: string[];
  readonly disable?: boolean;
  readonly enable?: boolean;
  readonly unlink?: boolean;
}

function reset(context: CommandContext): Command {
  return command(
    'reset-password',
    'Give somebody a one-time password. It opens nothing but its change, and signs nothing.',
    'assay people reset-password ada@example.com',
  )
    .argument('<person>', 'address or id')
    .option('--password-stdin', 'read it from standard input')
    .action(async (name: string, options: CommonOptions & { passwordStdin?: boolean }) => {
      const client = clientOf(context, options);
      const { id, email } = await personNamed(client, name);
      const password = await passwordOf(context, options, `One-time password for ${email}: `);
      const { body } = await client.call('PATCH', `${path}/${segment(id)}`, { schema: person, body: { password } });
      remark(context, `${email} chooses another with: assay login --email ${email}`);
      answer(context, options, body, () => `Replaced the password of ${email}; their sessions have ended.\n`);
    });
}
