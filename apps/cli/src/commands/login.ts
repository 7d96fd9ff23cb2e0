import { hostname } from 'node:os';
import { type IssuedToken, issuedToken, me, person, token as revoked } from '@assay/contracts';
import type { Command } from 'commander';
import { ApiClient, segment } from '../api-client.js';
import { answer, command, type CommandContext, type CommonOptions, remark, targetOf } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { sessionAtProvider } from '../provider-sign-in.js';

interface LoginOptions extends CommonOptions {
  readonly setup?: string;
  readonly email?: string;
  readonly name?: string;
  readonly token?: string;
  readonly passwordStdin?: boolean;
  readonly oidc?: boolean;
}

export function loginCommand(context: CommandContext): Command {
  return command(
    'login',
    'Sign in and keep the credential for later commands.',
    'assay login --url http://127.0.0.1:5000 --email ada@example.com',
  )
    .option('--email <address>', 'sign in with this address and a password')
    .option(
      '--setup <secret>',
      'make the first administrator, with the secret that the server printed at its first start',
    )
    .option('--name <name>', 'your name, with --setup')
    .option('--oidc', 'sign in at the company’s own provider, in the browser')
    .option('--token <token>', 'sign in with an API token instead')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: LoginOptions) => login(context, options));
}

export function logoutCommand(context: CommandContext): Command {
  return command(
    'logout',
    'End the session on the server, and forget the kept credential. An API token stays valid: revoke it.',
    'assay logout --profile work',
  ).action(async (options: CommonOptions) => {
    const { current, profiles } = context.profiles.read();
    const name = options.profile ?? current;
    const kept = profiles[name];
    const removed = context.profiles.remove(name);
    if (kept?.expiresAt !== undefined) await endSession(context, kept.server, kept.token, kept.expiresAt);
    answer(context, options, { profile: name, removed }, () =>
      removed ? `Signed out of "${name}".\n` : `Nobody was signed in as "${name}".\n`,
    );
  });
}

/** What signing in gave is worth nothing from then on; where the server can't be told, it is forgotten here and says so. */
async function endSession(context: CommandContext, server: string, token: string, expiresAt: string): Promise<void> {
  const api = new ApiClient(server, token, context.request);
  try {
    const { tokenId } = await api.get('/api/v1/me', me);
    if (tokenId !== undefined) await api.call('DELETE', `/api/v1/tokens/${segment(tokenId)}`, { schema: revoked });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    remark(context, `The session could not be ended on ${server}, where it lasts until ${expiresAt}: ${error.message}`);
  }
}

export function whoamiCommand(context: CommandContext): Command {
  return command('whoami', 'Show who you are to the server and what you may do.', 'assay whoami').action(
    async (options: CommonOptions) => {
      const { server, token, workspace } = targetOf(context, options);
      const who = await new ApiClient(server, token, context.request, workspace).get('/api/v1/me', me);
      answer(
        context,
        options,
        { server, ...who },
        () =>
          `${who.name} (${who.kind}) on ${server}, workspace ${who.workspace}: ${who.roles.join(', ') || 'no role'}\n`,
      );
    },
  );
}

async function login(context: CommandContext, options: LoginOptions): Promise<void> {
  const { server } = targetOf(context, options.url === undefined ? {} : { url: options.url });
  warnIfOpen(context, server);
  const issued = await credential(context, server, options);
  const { workspace } = options;
  const who = await new ApiClient(server, issued.token, context.request, workspace ?? null).get('/api/v1/me', me);
  const profile = options.profile ?? 'default';
  context.profiles.save(profile, {
    server,
    token: issued.token,
    ...(workspace === undefined ? {} : { workspace }),
    ...(issued.email === undefined ? {} : { email: issued.email }),
    ...(issued.expiresAt === undefined ? {} : { expiresAt: issued.expiresAt }),
  });
  remark(
    context,
    `Signed in to ${server} as ${who.name} (${who.roles.join(', ') || 'no role'}); kept in ${context.profiles.path}.`,
  );
  remark(context, 'For MLflow clients:');
  answer(
    context,
    options,
    { server, profile, person: who, expiresAt: issued.expiresAt ?? null, token: issued.token },
    () => {
      const within = workspace === undefined ? '' : `export MLFLOW_WORKSPACE=${workspace}\n`;
      return `export MLFLOW_TRACKING_URI=${server}\nexport MLFLOW_TRACKING_TOKEN=${issued.token}\n${within}`;
    },
  );
}

interface Credential {
  readonly token: string;
  readonly email?: string;
  readonly expiresAt?: string;
}

async function credential(context: CommandContext, server: string, options: LoginOptions): Promise<Credential> {
  const anonymous = new ApiClient(server, null, context.request);
  if (options.token !== undefined) return { token: options.token };
  if (options.oidc === true) return sessionAtProvider(context, server);
  const email = options.email ?? (await context.terminal.readLine('Your e-mail address: '));
  if (email === '') throw new CliError('Say who you are: --email ADDRESS, or --token TOKEN.', exitCodes.usage);
  const issued =
    options.setup === undefined
      ? await openSession(context, anonymous, email, options)
      : await setUp(context, anonymous, options.setup, email, options);
  if (options.setup !== undefined)
    remark(context, 'Next, let somebody else in: assay people add THEIR-ADDRESS --role maintainer');
  return { ...issued, email };
}

async function openSession(
  context: CommandContext,
  anonymous: ApiClient,
  email: string,
  options: LoginOptions,
): Promise<IssuedToken> {
  const typed = await passwordOf(context, options, `Password of ${email}: `);
  const [password = '', onSecondLine] = options.passwordStdin === true ? typed.split(/\r?\n/) : [typed];
  const { body } = await anonymous.post('/api/v1/sessions', issuedToken, { email, password });
  if (body.mustChangePassword !== true) return body;
  const newPassword = onSecondLine ?? (await ownPassword(context, options, email));
  const given = new ApiClient(anonymous.server, body.token, context.request);
  await given.post('/api/v1/me/password', person, { password, newPassword });
  return (await anonymous.post('/api/v1/sessions', issuedToken, { email, password: newPassword })).body;
}

/** Somebody else set the password, so it opens little: its owner chooses another. */
async function ownPassword(context: CommandContext, options: LoginOptions, email: string): Promise<string> {
  if (options.passwordStdin === true)
    throw new CliError(
      'Somebody else set this password: give your own as the second line of standard input.',
      exitCodes.usage,
    );
  return passwordOf(context, options, `Somebody else set this password. A new one of your own for ${email}: `);
}

/** Makes the first administrator of a server that has no people yet. */
async function setUp(
  context: CommandContext,
  anonymous: ApiClient,
  secret: string,
  email: string,
  options: LoginOptions,
): Promise<IssuedToken> {
  const name = options.name ?? email.split('@')[0] ?? email;
  const password = await passwordOf(
    context,
    options,
    `New password for ${email} (at least 8 characters, 15 or more advised): `,
  );
  return (await anonymous.post('/api/v1/setup', issuedToken, { secret, email, name, password })).body;
}

/** The password from standard input or the terminal; never from an argument, which other users of the machine could read. */
export async function passwordOf(
  context: CommandContext,
  options: { passwordStdin?: boolean },
  question: string,
): Promise<string> {
  const typed =
    options.passwordStdin === true
      ? (await context.terminal.readInput()).replace(/\r?\n$/, '')
      : await context.terminal.readSecret(question);
  if (typed === '') throw new CliError('The password is empty.', exitCodes.usage);
  return typed;
}

function warnIfOpen(context: CommandContext, server: string): void {
  const { protocol, hostname: host } = new URL(server);
  if (
    protocol === 'https:' ||
    host === 'localhost' ||
    host === '[::1]' ||
    host.startsWith('127.') ||
    host === hostname()
  )
    return;
  remark(context, `Warning: ${server} is not encrypted, so others on the way can read your password.`);
}
