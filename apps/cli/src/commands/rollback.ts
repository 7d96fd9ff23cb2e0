import { pointerState, rollback } from '@assay/contracts';
import type { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { promotionText } from './promotion-text.js';

interface RollbackOptions extends CommonOptions {
  readonly to?: string;
  readonly expect?: string;
  readonly reason: string;
}

/** `assay rollback`: one step back, or to any earlier holder. */
export function rollbackCommand(context: CommandContext): Command {
  return command(
    'rollback',
    'Take a pointer back to a version that it held before. Where a policy guards it, this asks for approval.',
    'assay rollback credit-risk champion --reason "it refuses everybody under 25"',
  )
    .argument('<model>', 'registered model')
    .argument('<alias>', 'pointer that is to go back')
    .requiredOption('--reason <text>', 'why')
    .option('--to <version>', 'earlier holder to go back to (else the one before)')
    .option('--expect <version>', 'version that holds it now, or "none"; else whatever holds it')
    .action(async (model: string, alias: string, options: RollbackOptions) => {
      const api = clientOf(context, options);
      const path = `/api/v1/models/${segment(model)}/pointers/${segment(alias)}`;
      const { expect: told, reason, to } = options;
      const expected = told === undefined ? (await api.get(path, pointerState)).version : told === 'none' ? null : told;
      const { body } = await api.post(`${path}/rollback`, rollback, {
        expected,
        reason,
        ...(to === undefined ? {} : { to }),
      });
      answer(context, options, body, () =>
        body.promotion === null
          ? `${model}@${alias} holds version ${body.to} again.\n`
          : `${promotionText(body.promotion)}Sign it with: assay approve ${body.promotion.id} --comment "…"\n`,
      );
    });
}
