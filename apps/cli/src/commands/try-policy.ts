import { existsSync } from 'node:fs';
import { type PolicyTrial, type PromotionGate, policyTrial } from '@assay/contracts';
import type { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { fields, table } from '../output/table.js';
import { moveReference } from '../references.js';
import { readPolicy } from './policy-file.js';

type TryOptions = CommonOptions & { model?: string; version?: string; pointer?: string };

/** `assay policies try`: what a policy, or a draft of it, would say to a version. Ends with 6 where something would fail. */
export function tryPolicyCommand(context: CommandContext): Command {
  return command(
    'try',
    'Say what a policy, or a draft, would answer to a version, or to several moves as a request makes them, and why. Changes nothing.',
    'assay policies try policies/high-risk.yaml --model credit-risk --version 3',
  )
    .argument('<file-or-name>', 'draft, YAML, or the name of a published policy')
    .argument('[move...]', 'pointers and what each is to hold, such as credit-risk@champion=3')
    .option('--model <name>', 'registered model, where no move is named')
    .option('--version <n>', 'version of it')
    .option('--pointer <alias>', 'without it, the first one that the policy guards')
    .action(async (policy: string, words: readonly string[], options: TryOptions) => {
      const draft = existsSync(policy) || /\.ya?ml$/.test(policy) ? readPolicy(policy) : undefined;
      const name = draft === undefined ? policy : nameIn(draft, policy);
      const { body } = await clientOf(context, options).post(`/api/v1/policies/${segment(name)}/dry-run`, policyTrial, {
        moves: triedMoves(words, options),
        ...(draft === undefined ? {} : { text: draft }),
      });
      answer(context, options, body, () => trialText(body));
      if (body.verdict === 'fails') throw new CliError('It would be refused.', exitCodes.negative);
    });
}

/** The moves that were named, or the one that `--model` and `--version` name. */
function triedMoves(
  words: readonly string[],
  { model, version, pointer }: TryOptions,
): { model: string; version: string; pointer?: string }[] {
  if (words.length === 0) {
    if (model === undefined || version === undefined)
      throw new CliError(
        'Say what to try: --model with --version, or moves such as credit-risk@champion=3.',
        exitCodes.usage,
      );
    return [{ model, version, ...(pointer === undefined ? {} : { pointer }) }];
  }
  if (model !== undefined || version !== undefined || pointer !== undefined)
    throw new CliError('Name moves, or --model with --version: not both.', exitCodes.usage);
  return words.map((word) => {
    const { name, alias, version: wanted } = moveReference(word);
    if (wanted === null) throw new CliError(`"${word}" empties a pointer, which no policy judges.`, exitCodes.usage);
    return { model: name, pointer: alias, version: wanted };
  });
}

/** The server reads the draft; only its name is needed here, for the address. */
function nameIn(text: string, file: string): string {
  const name = /^policy:[ \t]+["']?([\w-]+)/m.exec(text)?.[1];
  if (name === undefined)
    throw new CliError(`${file} does not say its name: it needs a line "policy: <name>".`, exitCodes.usage);
  return name;
}

function trialText(trial: PolicyTrial): string {
  const verdicts = {
    passes: 'would wait for approvals only',
    fails: 'would be refused',
    waits: 'would wait for facts',
  } as const;
  const head = fields({
    policies: trial.policies
      .map(({ name, version }) => (version === null ? `${name} (draft)` : `${name} version ${version}`))
      .join(', '),
    wants: trial.moves
      .map(
        ({ model, pointer, version, holder }) =>
          `${model}@${pointer} → version ${version} (now ${holder === null ? 'nothing' : `version ${holder}`})`,
      )
      .join(', and '),
    verdict: verdicts[trial.verdict],
  });
  const pointerOf = ({ move }: PromotionGate): string => {
    const about = trial.moves[move];
    return about === undefined ? '' : `${about.model}@${about.pointer}`;
  };
  const several = trial.policies.length > 1;
  const gates = table(trial.gates, [
    ...(trial.moves.length > 1 ? [{ title: 'pointer', value: pointerOf }] : []),
    ...(several ? [{ title: 'policy', value: (gate: PromotionGate) => gate.policy }] : []),
    { title: 'gate', value: (gate) => gate.gate },
    { title: 'required', value: (gate) => gate.required },
    { title: 'observed', value: (gate) => gate.observed },
    { title: 'outcome', value: (gate) => gate.outcome },
  ]);
  const approvals = table(trial.approvals, [
    ...(several ? [{ title: 'policy', value: (row: PolicyTrial['approvals'][number]) => row.policy }] : []),
    { title: 'approval by', value: (row) => row.approver },
    { title: 'count', value: (row) => row.count, align: 'right' },
    { title: 'could approve', value: (row) => row.candidates.map(({ name }) => name).join(', ') || 'nobody' },
  ]);
  const rest = [
    ...trial.obstacles.map((text) => `In the way: ${text}.\n`),
    ...trial.warnings.map(({ line, column, message }) => `Warning: line ${line}, column ${column}: ${message}.\n`),
  ];
  return `${head}\n${gates}\n${approvals}${rest.join('')}`;
}
