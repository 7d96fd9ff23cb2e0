import { group, groupList } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { table } from '../output/table.js';
import { personNamed } from './people.js';

const path = '/api/v1/groups';

/** `assay groups`: people who are named together, as approvers for one. */
export function groupsCommand(context: CommandContext): Command {
  return new Command('groups')
    .description('Groups of people, for approvals and grants.')
    .addCommand(list(context))
    .addCommand(set(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List groups with their members.', 'assay groups list').action(
    async (options: CommonOptions) => {
      const { groups } = await clientOf(context, options).get(path, groupList);
      const rows = groups.flatMap(({ name, members }) => members.map((member) => ({ name, ...member })));
      answer(context, options, groups, () =>
        table(rows, [
          { title: 'group', value: (row) => row.name },
          { title: 'person', value: (row) => row.personId },
          { title: 'by', value: (row) => row.source },
          { title: 'since', value: (row) => row.since },
        ]),
      );
    },
  );
}

function set(context: CommandContext): Command {
  return command(
    'set',
    'Say who is in a group, beside whom the claims of a provider put there; nobody ends it.',
    'assay groups set risk ada@example.com max@example.com',
  )
    .argument('<group>', 'its name')
    .argument('[people...]', 'addresses or ids of all members')
    .action(async (name: string, people: string[], options: CommonOptions) => {
      const client = clientOf(context, options);
      const members: string[] = [];
      for (const each of people) members.push((await personNamed(client, each)).id);
      const { body } = await client.call('PUT', `${path}/${segment(name)}`, { schema: group, body: { members } });
      answer(context, options, body, () => `${name}: ${body.members.length} in it.\n`);
    });
}
