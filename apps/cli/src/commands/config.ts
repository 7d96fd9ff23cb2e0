import type { Command } from 'commander';
import { z } from 'zod';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { table } from '../output/table.js';

const settings = z.object({ settings: z.array(z.object({ name: z.string(), value: z.string(), about: z.string() })) });

export function configCommand(context: CommandContext): Command {
  return command('config', 'Show the settings of the running server, secrets masked.', 'assay config').action(
    async (options: CommonOptions) => {
      const found = await clientOf(context, options).get('/api/v1/config', settings);
      answer(context, options, found.settings, () =>
        table(found.settings, [
          { title: 'setting', value: (row) => row.name },
          { title: 'value', value: (row) => row.value || null },
          { title: 'meaning', value: (row) => row.about },
        ]),
      );
    },
  );
}
