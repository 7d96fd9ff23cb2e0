import { existsSync } from 'node:fs';
import { type PolicyTrial, policyTrial } from '@assay/contracts';
import type { Command } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { fields, table } from '../output/table.js';
import { readPolicy } from './policy-file.js';

type TryOptions = CommonOptions & { model: string; version: string; pointer?: string };

/** `assay policies try`: what a policy, or a draft of it, would say to a version. Ends with 6 where something would fail. */
export function tryPolicyCommand(context: CommandContext): Command {
  return command(
    'try',
    'Say what a policy, or a draft, would answer to a version, and why. Changes nothing.',
    'assay policies try policies/high-risk.yaml --model credit-risk --version 3',
  )
    .argument('<file-or-name>', 'draft, YAML, or the name of a published policy')
    .requiredOption('--model <name>', 'registered model')
    .requiredOption('--version <n>', 'version of it')
    .option('--pointer <alias>', 'without it, the first one that the policy guards')
    .action(async (policy: string, options: TryOptions) => {
      const draft = existsSync(policy) || /\.ya?ml$/.test(policy) ? readPolicy(policy) : undefined;
      const name = draft === undefined ? policy : nameIn(draft, policy);
      const { body } = await clientOf(context, options).post(`/api/v1/policies/${segment(name)}/dry-run`, policyTrial, {
        model: options.model,
        version: options.version,
        ...(options.pointer === undefined ? {} : { pointer: options.pointer }),
        ...(draft === undefined ? {} : { text: draft }),
      });
      answer(context, options, body, () => trialText(body));
      if (body.verdict === 'fails') throw new CliError('The version would be refused.', exitCodes.negative);
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
    policy: trial.policyVersion === null ? `${trial.policy} (draft)` : `${trial.policy} version ${trial.policyVersion}`,
    wants: `${trial.model}@${trial.pointer} → version ${trial.version} (now ${trial.holder === null ? 'nothing' : `version ${trial.holder}`})`,
    verdict: verdicts[trial.verdict],
  });
  const gates = table(trial.gates, [
    { title: 'gate', value: (gate) => gate.gate },
    { title: 'required', value: (gate) => gate.required },
    { title: 'observed', value: (gate) => gate.observed },
    { title: 'outcome', value: (gate) => gate.outcome },
  ]);
  const approvals = table(trial.approvals, [
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
