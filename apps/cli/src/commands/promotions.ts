import { type GateResult, type Promotion, promotion, promotionList, promotionStates } from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { fields, table } from '../output/table.js';
import { modelReference } from '../references.js';
import { passwordOf } from './login.js';

interface SigningOptions extends CommonOptions {
  readonly comment: string;
  readonly token?: string;
  readonly passwordStdin?: boolean;
}

/** `assay promote`: ask for a pointer to be moved. */
export function promoteCommand(context: CommandContext): Command {
  return command(
    'promote',
    'Ask for a guarded pointer to move to a version; its policy decides what is needed.',
    'assay promote credit-risk:2 --to champion --reason "better on the held-out year"',
  )
    .argument('<model:version>', 'version that is to hold the pointer')
    .requiredOption('--to <pointer>', 'pointer that is to move')
    .requiredOption('--reason <text>', 'why')
    .option('--expect <version>', 'version that holds it now, or "none"; else whatever holds it')
    .option('--no-wait', 'do not wait for the gates')
    .action(
      async (
        reference: string,
        options: CommonOptions & { to: string; reason: string; expect?: string; wait: boolean },
      ) => {
        const { name, version } = modelReference(reference);
        const api = clientOf(context, options);
        const expectedHolder =
          options.expect === undefined ? {} : { expectedHolder: options.expect === 'none' ? null : options.expect };
        const { body } = await api.post('/api/v1/promotions', promotion, {
          model: name,
          version,
          pointer: options.to,
          reason: options.reason,
          ...expectedHolder,
        });
        remark(context, `Request ${body.id} under ${policiesText(body)}.`);
        const seen = options.wait ? await waitForGates(api, body, context.pause) : body;
        answer(context, options, seen, () => promotionText(seen));
        if (seen.state === 'refused')
          throw new CliError(`The request was refused: ${seen.outcome ?? 'a gate did not pass'}.`, exitCodes.negative);
      },
    );
}

/** `assay approve`: sign, with the credential again. */
export function approveCommand(context: CommandContext): Command {
  return signing(
    'approve',
    'Approve a promotion request. Asks for your credential again: it signs what you looked at.',
    'assay approve 01990c… --comment "gates and groups looked at"',
  ).action(async (id: string, options: SigningOptions) => {
    const api = clientOf(context, options);
    const seen = await api.get(`/api/v1/promotions/${segment(id)}`, promotion);
    context.terminal.err(promotionText(seen));
    const credential = await credentialOf(context, options);
    const { body } = await api.post(`/api/v1/promotions/${segment(id)}/approve`, promotion, {
      comment: options.comment,
      credential,
      binding: seen.binding,
    });
    answer(context, options, body, () => `${sentence(body)}\n`);
  });
}

export function promotionsCommand(context: CommandContext): Command {
  return new Command('promotions')
    .description('Requests to move a guarded pointer.')
    .addCommand(list(context))
    .addCommand(show(context))
    .addCommand(refuse(context))
    .addCommand(withdraw(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List requests, newest first.', 'assay promotions list --state awaiting_approval')
    .addOption(new Option('--state <state>', 'only in this state').choices(promotionStates))
    .option('--model <name>', 'only of this model')
    .action(async (options: CommonOptions & { state?: string; model?: string }) => {
      const { promotions } = await clientOf(context, options).get('/api/v1/promotions', promotionList, {
        state: options.state,
        model: options.model,
      });
      answer(context, options, promotions, () =>
        table(promotions, [
          { title: 'id', value: (row) => row.id },
          { title: 'model', value: (row) => `${row.model}:${row.version}` },
          { title: 'pointer', value: (row) => row.pointer },
          { title: 'state', value: (row) => row.state },
          { title: 'by', value: (row) => row.requestedBy },
          { title: 'at', value: (row) => row.requestedAt },
        ]),
      );
    });
}

function show(context: CommandContext): Command {
  return command('show', 'Show a request with its gates and decisions.', 'assay promotions show 01990c…')
    .argument('<id>', 'id of the request')
    .action(async (id: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(`/api/v1/promotions/${segment(id)}`, promotion);
      answer(context, options, found, () => promotionText(found));
    });
}

function refuse(context: CommandContext): Command {
  return signing(
    'refuse',
    'Refuse a request. Asks for your credential again.',
    'assay promotions refuse 01990c… --comment "the gap by age is too close"',
  ).action(async (id: string, options: SigningOptions) => {
    const credential = await credentialOf(context, options);
    const { body } = await clientOf(context, options).post(`/api/v1/promotions/${segment(id)}/refuse`, promotion, {
      comment: options.comment,
      credential,
    });
    answer(context, options, body, () => `${sentence(body)}\n`);
  });
}

function withdraw(context: CommandContext): Command {
  return command(
    'withdraw',
    'Take a request of yours back.',
    'assay promotions withdraw 01990c… --comment "a better one follows"',
  )
    .argument('<id>', 'id of the request')
    .option('--comment <text>', 'why', '')
    .action(async (id: string, options: CommonOptions & { comment: string }) => {
      const { body } = await clientOf(context, options).post(`/api/v1/promotions/${segment(id)}/withdraw`, promotion, {
        comment: options.comment,
      });
      answer(context, options, body, () => `${sentence(body)}\n`);
    });
}

function signing(name: string, about: string, example: string): Command {
  return command(name, about, example)
    .argument('<id>', 'id of the request')
    .requiredOption('--comment <text>', 'what you looked at, and why you decide so')
    .option('--token <token>', 'sign with an API token of yours instead of the password')
    .option('--password-stdin', 'read the password from standard input');
}

async function credentialOf(
  context: CommandContext,
  options: SigningOptions,
): Promise<{ token: string } | { password: string }> {
  if (options.token !== undefined) return { token: options.token };
  return { password: await passwordOf(context, options, 'Your password, to sign: ') };
}

/** Looks until the server has evaluated the gates, at most a minute. */
async function waitForGates(
  api: ApiClient,
  request: Promotion,
  pause: (milliseconds: number) => Promise<void>,
): Promise<Promotion> {
  let seen = request;
  for (let tries = 0; tries < 120 && (seen.state === 'open' || seen.state === 'checking'); tries += 1) {
    await pause(500);
    seen = await api.get(`/api/v1/promotions/${segment(seen.id)}`, promotion);
  }
  return seen;
}

/** What came of a gate, and what a reader must know of it before signing. */
function outcomeText({ outcome, selfReported, pending }: GateResult): string {
  if (selfReported) return `${outcome} (self-reported)`;
  return pending ? `${outcome} (being looked at)` : outcome;
}

/** A request for people: what it wants, what each gate found, what is still needed. */
export function promotionText(row: Promotion): string {
  const head = fields({
    request: row.id,
    wants: `${row.model}@${row.pointer} → version ${row.version} (now ${row.expectedHolder === null ? 'nothing' : `version ${row.expectedHolder}`})`,
    policies: policiesText(row),
    'asked by': `${row.requestedBy} at ${row.requestedAt}`,
    state: row.state,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    binding: row.binding,
  });
  const gates = table(
    row.gates,
    [
      ...(row.policies.length > 1 ? [{ title: 'policy', value: (gate: GateResult) => gate.policy }] : []),
      { title: 'gate', value: (gate) => gate.gate },
      { title: 'required', value: (gate) => gate.required },
      { title: 'observed', value: (gate) => gate.observed },
      { title: 'outcome', value: outcomeText },
    ],
    'No gate was evaluated yet.',
  );
  const missing = row.missingApprovals
    .map(({ policy, approver, count, next }) => {
      const of = row.policies.length > 1 ? ` (policy ${policy})` : '';
      return `Still needed: ${count} approval${count === 1 ? '' : 's'} by ${approver}${of}${next ? '' : ', after those above'}.\n`;
    })
    .join('');
  return `${head}\n${gates}${missing}`;
}

function policiesText(row: Promotion): string {
  return row.policies.map(({ name, version }) => `policy ${name} version ${version}`).join(', ');
}

function sentence(row: Promotion): string {
  return `Request ${row.id} (${row.model}@${row.pointer} → version ${row.version}) is ${row.state.replaceAll('_', ' ')}${row.outcome === null ? '' : `: ${row.outcome}`}`;
}
