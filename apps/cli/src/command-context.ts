import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import type { ProfileStore, Target } from './config.js';
import type { Terminal } from './output/terminal.js';

/** What every command works with; tests give their own. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly profiles: ProfileStore;
  readonly request: typeof fetch;
  /** Waits between two looks at the server. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

export interface CommonOptions {
  readonly url?: string;
  readonly profile?: string;
  readonly workspace?: string;
  readonly json?: boolean;
}

/** A command with the options that all of them have, and an example in its help. */
export function command(name: string, about: string, example: string): Command {
  return new Command(name)
    .description(about)
    .option('--url <address>', 'server to talk to (else $ASSAY_URL, else the one signed in to)')
    .option('--profile <name>', 'signed-in profile to use')
    .option('--workspace <name>', 'workspace to act in (else $ASSAY_WORKSPACE, else the one signed in to)')
    .option('--json', 'answer as JSON on standard output')
    .addHelpText('after', `\nExample:\n  ${example}`);
}

export function targetOf(context: CommandContext, { url, profile, workspace }: CommonOptions): Target {
  return context.profiles.target({ url, profile, workspace });
}

export function clientOf(context: CommandContext, options: CommonOptions): ApiClient {
  const { server, token, workspace } = targetOf(context, options);
  return new ApiClient(server, token, context.request, workspace);
}

/** The answer on standard output: JSON where asked for, else as text for people. */
export function answer(context: CommandContext, options: CommonOptions, data: unknown, text: () => string): void {
  context.terminal.out(options.json === true ? `${JSON.stringify(data, null, 2)}\n` : text());
}

/** A remark on standard error, kept out of JSON's way. */
export function remark(context: CommandContext, text: string): void {
  context.terminal.err(`${text}\n`);
}
