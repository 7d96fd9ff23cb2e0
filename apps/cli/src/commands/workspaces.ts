import {
  modelGrant,
  modelGrantList,
  modelPermissions,
  roles,
  workspace,
  workspaceList,
  workspaceMember,
  workspaceMemberList,
} from '@assay/contracts';
import { Command, Option } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { table } from '../output/table.js';
import { personNamed } from './people.js';

const path = '/api/v1/workspaces';
const grantsPath = '/api/v1/model-grants';

/** `assay workspaces`: what keeps teams apart. */
export function workspacesCommand(context: CommandContext): Command {
  return new Command('workspaces')
    .description('Workspaces: each with its own runs, models and people.')
    .addCommand(list(context))
    .addCommand(add(context))
    .addCommand(members(context))
    .addCommand(set(context));
}

/** `assay grants`: who may do what with models, by their names. */
export function grantsCommand(context: CommandContext): Command {
  return new Command('grants')
    .description('Who may do what with models, by their names, beside the roles; a denial wins.')
    .addCommand(listGrants(context))
    .addCommand(grant(context, 'allow'))
    .addCommand(grant(context, 'deny'))
    .addCommand(remove(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List the workspaces that you may act in.', 'assay workspaces list').action(
    async (options: CommonOptions) => {
      const { workspaces } = await clientOf(context, options).get(path, workspaceList);
      answer(context, options, workspaces, () =>
        table(workspaces, [
          { title: 'name', value: (row) => row.name },
          { title: 'made', value: (row) => row.createdAt },
        ]),
      );
    },
  );
}

function add(context: CommandContext): Command {
  return command('add', 'Make a workspace; you administer it.', 'assay workspaces add fraud')
    .argument('<name>', 'small letters, digits and hyphens')
    .action(async (name: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).post(path, workspace, { name });
      answer(
        context,
        options,
        body,
        () => `Made ${body.name}. MLflow clients act in it with MLFLOW_WORKSPACE=${body.name}.\n`,
      );
    });
}

function members(context: CommandContext): Command {
  return command('members', 'List who is in a workspace.', 'assay workspaces members fraud')
    .argument('<workspace>', 'its name')
    .action(async (name: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(`${path}/${segment(name)}/members`, workspaceMemberList);
      answer(context, options, found.members, () =>
        table(found.members, [
          { title: 'person', value: (row) => row.personId },
          { title: 'name', value: (row) => row.name },
          { title: 'roles', value: (row) => row.roles.join(' ') },
        ]),
      );
    });
}

function set(context: CommandContext): Command {
  return command(
    'set',
    'Say which roles somebody holds in a workspace; none ends the membership.',
    'assay workspaces set fraud ada@example.com --role contributor',
  )
    .argument('<workspace>', 'its name')
    .argument('<person>', 'address or id')
    .addOption(new Option('--role <roles...>', 'all roles held there from now on').choices(roles).default([]))
    .action(async (name: string, who: string, options: CommonOptions & { role: string[] }) => {
      const client = clientOf(context, options);
      const { id } = await personNamed(client, who);
      const { body } = await client.call('PUT', `${path}/${segment(name)}/members/${segment(id)}`, {
        schema: workspaceMember,
        body: { roles: options.role },
      });
      answer(context, options, body, () => `${body.name} in ${name}: ${body.roles.join(', ') || 'no member'}\n`);
    });
}

function listGrants(context: CommandContext): Command {
  return command('list', 'List grants on models.', 'assay grants list').action(async (options: CommonOptions) => {
    const { grants } = await clientOf(context, options).get(grantsPath, modelGrantList);
    answer(context, options, grants, () =>
      table(grants, [
        { title: 'id', value: (row) => row.id },
        { title: 'effect', value: (row) => row.effect },
        { title: 'for', value: (row) => `${row.subjectKind} ${row.subject}` },
        { title: 'models', value: (row) => row.pattern },
        { title: 'permissions', value: (row) => row.permissions.join(' ') },
      ]),
    );
  });
}

function grant(context: CommandContext, effect: 'allow' | 'deny'): Command {
  const [about, example] =
    effect === 'allow'
      ? ([
          'Let somebody do something with some models.',
          'assay grants allow group risk "credit-*" --may registry:read',
        ] as const)
      : ([
          'Keep somebody from something on some models.',
          'assay grants deny role viewer "hr-*" --may registry:read',
        ] as const);
  return command(effect, about, example)
    .argument('<kind>', 'person, group, service or role')
    .argument('<subject>', 'address or id of a person, id of a service account, name of a group or role')
    .argument('<pattern>', 'names of models; * stands for any text')
    .addOption(new Option('--may <permissions...>', 'what it is about').choices(modelPermissions).makeOptionMandatory())
    .action(async (kind: string, subject: string, pattern: string, options: CommonOptions & { may: string[] }) => {
      const client = clientOf(context, options);
      const { body } = await client.post(grantsPath, modelGrant, {
        subjectKind: kind,
        subject: kind === 'person' ? (await personNamed(client, subject)).id : subject,
        pattern,
        permissions: options.may,
        effect,
      });
      answer(context, options, body, () => `Grant ${body.id} is in force.\n`);
    });
}

function remove(context: CommandContext): Command {
  return command('remove', 'Take a grant back.', 'assay grants remove 0198f3…')
    .argument('<id>', 'id of the grant')
    .action(async (id: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).call('DELETE', `${grantsPath}/${segment(id)}`, {
        schema: modelGrant,
      });
      answer(context, options, body, () => `Took ${body.id} back.\n`);
    });
}
