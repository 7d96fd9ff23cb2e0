import {
  type Promotion,
  promotion,
  promotionList,
  promotionStates,
  type RequestPromotionRequest,
} from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { called } from '../output/called.js';
import { table } from '../output/table.js';
import { modelReference, moveReference } from '../references.js';
import { movesText, nextStep, policiesText, promotionText, sentence } from './promotion-text.js';
import { credentialOf, signing, type SigningOptions } from './signing.js';

interface RequestOptions extends CommonOptions {
  readonly to?: string;
  readonly reason: string;
  readonly expect?: string;
  readonly wait: boolean;
}

interface ListOptions extends CommonOptions {
  readonly state?: string;
  readonly model?: string;
  readonly pointer?: string;
  readonly by?: string;
  readonly limit: string;
}

/** `assay promote`: ask for a pointer to be moved. */
export function promoteCommand(context: CommandContext): Command {
  const example = 'assay promote credit-risk:2 --to champion --reason "better on the held-out year"';
  return requesting(context, 'promote', example);
}

/** `assay approve`: sign, with the credential again. */
export function approveCommand(context: CommandContext): Command {
  return signing(
    'approve',
    'Approve a promotion request. Shows what you sign, then asks for your credential again.',
    'assay approve 01990c… --comment "gates and groups looked at"',
  )
    .argument('<id>', 'id of the request')
    .option('--binding <digest>', 'sign only what has this binding')
    .action(async (id: string, options: SigningOptions & { binding?: string }) => {
      const api = clientOf(context, options);
      const seen = await api.get(`/api/v1/promotions/${segment(id)}`, promotion);
      context.terminal.err(promotionText(seen));
      if (options.binding !== undefined && options.binding !== seen.binding)
        throw new CliError('It has changed since you looked at it. Nothing was signed.', exitCodes.refused);
      if (isEnded(seen)) throw new CliError(`${sentence(seen)}. Nothing was signed.`, exitCodes.refused);
      const credential = await credentialOf(context, options);
      // What was shown is what is signed: the server refuses where it has changed meanwhile.
      const { body } = await api.post(`/api/v1/promotions/${segment(id)}/approve`, promotion, {
        comment: options.comment,
        credential,
        binding: seen.binding,
      });
      answer(context, options, body, () => `${sentence(body)}\n`);
      tellNext(context, body);
    });
}

export function promotionsCommand(context: CommandContext): Command {
  const example = 'assay promotions request credit-risk@champion=2 credit-risk@challenger=1 --reason "swapped"';
  return new Command('promotions')
    .description('Requests to move guarded pointers.')
    .addCommand(requesting(context, 'request', example))
    .addCommand(list(context))
    .addCommand(show(context))
    .addCommand(watch(context))
    .addCommand(approveCommand(context))
    .addCommand(refuse(context))
    .addCommand(withdraw(context));
}

function requesting(context: CommandContext, name: string, example: string): Command {
  return command(
    name,
    'Ask for guarded pointers to move: one (model:version --to pointer), or several in one step or not at all (model@pointer=version …). Their policies decide what is needed.',
    example,
  )
    .argument('<move...>', 'version that is to hold the pointer of --to; or pointers and what each is to hold')
    .option('--to <pointer>', 'pointer that is to move')
    .requiredOption('--reason <text>', 'why')
    .option('--expect <version>', 'with --to: version that holds it now, or "none"; else whatever holds it')
    .option('--no-wait', 'do not wait for the gates')
    .action(async (wanted: readonly string[], options: RequestOptions) => {
      const api = clientOf(context, options);
      const { reason } = options;
      const { body } = await api.post('/api/v1/promotions', promotion, { moves: wantedMoves(wanted, options), reason });
      remark(context, `Request ${body.id} under ${policiesText(body)}.`);
      const seen = options.wait ? await waitForGates(api, body, context.pause) : body;
      answer(context, options, seen, () => promotionText(seen));
      tellNext(context, seen);
      if (seen.state === 'refused')
        throw new CliError(`The request was refused: ${seen.outcome ?? 'a gate did not pass'}.`, exitCodes.negative);
    });
}

/** What a request asks for: one version for the pointer of `--to`, or a move per word. */
function wantedMoves(words: readonly string[], { to, expect }: RequestOptions): RequestPromotionRequest['moves'] {
  if (to === undefined) {
    if (expect !== undefined) throw new CliError('--expect goes with --to.', exitCodes.usage);
    return words.map((word) => {
      const { name: model, alias: pointer, version } = moveReference(word);
      if (version === null)
        throw new CliError(`"${word}" empties a pointer, which no request can ask for.`, exitCodes.usage);
      return { model, pointer, version };
    });
  }
  const [only, ...others] = words;
  if (only === undefined || others.length > 0)
    throw new CliError('--to takes one version; for several moves write model@pointer=version.', exitCodes.usage);
  const { name: model, version } = modelReference(only);
  const expectedHolder = expect === undefined ? {} : { expectedHolder: expect === 'none' ? null : expect };
  return [{ model, pointer: to, version, ...expectedHolder }];
}

function list(context: CommandContext): Command {
  return command('list', 'List requests, newest first.', 'assay promotions list --state undecided')
    .addOption(new Option('--state <state>', 'only in this state').choices(['undecided', ...promotionStates]))
    .option('--model <name>', 'only of this model')
    .option('--pointer <name>', 'only for this pointer')
    .option('--by <person>', 'only those that this person asked for, by id')
    .option('--limit <count>', 'at most so many', '50')
    .action(async ({ state, model, pointer, by, ...options }: ListOptions) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new CliError('--limit takes a number from 1 on.', exitCodes.usage);
      const found = await pages(clientOf(context, options), { state, model, pointer, requestedBy: by }, limit);
      answer(context, options, found, () =>
        table(found, [
          { title: 'id', value: (row) => row.id },
          { title: 'moves', value: movesText },
          { title: 'state', value: (row) => row.state },
          { title: 'by', value: (row) => called(row.requestedBy) },
          { title: 'at', value: (row) => row.requestedAt },
        ]),
      );
    });
}

/** Page by page, until there are as many as asked for, or no more. */
async function pages(
  api: ApiClient,
  filter: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Promotion[]> {
  const found: Promotion[] = [];
  let pageToken: string | undefined;
  do {
    const query = { ...filter, limit: String(Math.min(200, limit - found.length)), pageToken };
    const page = await api.get('/api/v1/promotions', promotionList, query);
    found.push(...page.promotions);
    pageToken = page.nextPageToken ?? undefined;
  } while (pageToken !== undefined && found.length < limit);
  return found;
}

function show(context: CommandContext): Command {
  return command('show', 'Show a request with its gates and decisions.', 'assay promotions show 01990c…')
    .argument('<id>', 'id of the request')
    .action(async (id: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(`/api/v1/promotions/${segment(id)}`, promotion);
      answer(context, options, found, () => promotionText(found));
    });
}

function watch(context: CommandContext): Command {
  return command(
    'watch',
    'Follow a request until it is decided; the exit code says whether the pointer has moved.',
    'assay promotions watch 01990c… --every 5',
  )
    .argument('<id>', 'id of the request')
    .option('--every <seconds>', 'time between two looks', '2')
    .action(async (id: string, options: CommonOptions & { every: string }) => {
      const seconds = Number(options.every);
      if (!(seconds >= 1)) throw new CliError('--every takes a number of seconds, 1 or more.', exitCodes.usage);
      const api = clientOf(context, options);
      const path = `/api/v1/promotions/${segment(id)}`;
      let seen = await api.get(path, promotion);
      for (let told = ''; ; seen = await api.get(path, promotion)) {
        const now = progress(seen);
        if (now !== told) remark(context, now);
        told = now;
        if (isEnded(seen)) break;
        await context.pause(seconds * 1000);
      }
      answer(context, options, seen, () => promotionText(seen));
      if (seen.state !== 'applied') throw new CliError(`${sentence(seen)}.`, exitCodes.negative);
    });
}

function refuse(context: CommandContext): Command {
  return signing(
    'refuse',
    'Refuse a request. Asks for your credential again.',
    'assay promotions refuse 01990c… --comment "the gap by age is too close"',
  )
    .argument('<id>', 'id of the request')
    .action(async (id: string, options: SigningOptions) => {
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

function tellNext(context: CommandContext, row: Promotion): void {
  const next = nextStep(row);
  if (next !== null) remark(context, next);
}

/** What changes on the way of a request, in a line. */
function progress({ state, gates, decisions }: Promotion): string {
  const passed = gates.filter(({ outcome }) => outcome === 'passed').length;
  const approvals = decisions.filter(({ decision, voided }) => decision === 'approve' && !voided).length;
  return `${state.replaceAll('_', ' ')}: ${passed} of ${gates.length} gates passed, ${approvals} approved`;
}

function isEnded({ state }: Promotion): boolean {
  return !['open', 'checking', 'awaiting_approval', 'approved'].includes(state);
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
