import type { SigningCredential } from '@assay/contracts';
import type { Command } from 'commander';
import { type CommandContext, type CommonOptions, command, targetOf } from '../command-context.js';
import { proofAtProvider } from '../provider-sign-in.js';
import { passwordOf } from './login.js';

export interface CredentialOptions extends CommonOptions {
  readonly token?: string;
  readonly passwordStdin?: boolean;
  readonly oidc?: boolean;
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
    .option('--oidc', 'sign by signing in anew at the company’s provider, in the browser')
    .option('--password-stdin', 'read the password from standard input');
}

export async function credentialOf(context: CommandContext, options: CredentialOptions): Promise<SigningCredential> {
  if (options.token !== undefined) return { token: options.token };
  if (options.oidc === true) {
    const { proof } = await proofAtProvider(context, targetOf(context, options).server);
    return { proof };
  }
  return { password: await passwordOf(context, options, 'Your password, to sign: ') };
}
