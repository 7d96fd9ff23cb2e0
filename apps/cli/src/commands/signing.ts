import type { Command } from 'commander';
import { type CommandContext, type CommonOptions, command } from '../command-context.js';
import { passwordOf } from './login.js';

export interface CredentialOptions extends CommonOptions {
  readonly token?: string;
  readonly passwordStdin?: boolean;
}

export interface SigningOptions extends CredentialOptions {
  readonly comment: string;
}

/** A command that signs a decision: it takes a comment, and asks for the credential again. */
export function signing(name: string, about: string, example: string): Command {
  return credentialOptions(
    command(name, about, example).requiredOption('--comment <text>', 'what you looked at, and why you decide so'),
  );
}

/** The ways in which a command takes the credential that signs. */
export function credentialOptions(signed: Command): Command {
  return signed
    .option('--token <token>', 'sign with an API token of yours instead of the password')
    .option('--password-stdin', 'read the password from standard input');
}

export async function credentialOf(
  context: CommandContext,
  options: CredentialOptions,
): Promise<{ token: string } | { password: string }> {
  if (options.token !== undefined) return { token: options.token };
  return { password: await passwordOf(context, options, 'Your password, to sign: ') };
}
