import { setTimeout as pause } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import type { CommandContext } from './command-context.js';
import { auditCommand } from './commands/audit.js';
import { breakGlassCommand } from './commands/break-glass.js';
import { configCommand } from './commands/config.js';
import { datasetsCommand } from './commands/datasets.js';
import { driftCommand } from './commands/drift.js';
import { groupsCommand } from './commands/groups.js';
import { holdsCommand } from './commands/holds.js';
import { jobsCommand } from './commands/jobs.js';
import { lineageCommand } from './commands/lineage.js';
import { loginCommand, logoutCommand, whoamiCommand } from './commands/login.js';
import { modelsCommand } from './commands/models.js';
import { peopleCommand } from './commands/people.js';
import { policiesCommand } from './commands/policies.js';
import { approveCommand, promoteCommand, promotionsCommand } from './commands/promotions.js';
import { rollbackCommand } from './commands/rollback.js';
import { runCommand } from './commands/run.js';
import { environmentsCommand, servingCommand } from './commands/serving.js';
import { serviceAccountsCommand } from './commands/service-accounts.js';
import { tokensCommand } from './commands/tokens.js';
import { exportCommand, importCommand } from './commands/transfer.js';
import { webhooksCommand } from './commands/webhooks.js';
import { grantsCommand, workspacesCommand } from './commands/workspaces.js';
import { type Environment, ProfileStore } from './config.js';
import { CliError, exitCodeHelp, exitCodes } from './exit-codes.js';
import { linesText } from './output/table.js';
import { type Terminal, processTerminal } from './output/terminal.js';

export const version = '0.1.0';

/** The whole command line, bound to a context. */
export function program(context: CommandContext): Command {
  const root = new Command('assay')
    .description('The model lifecycle platform, from the command line.')
    .version(version)
    // An option of a command, such as the --version of a policy, is that command's.
    .enablePositionalOptions()
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', `\nStart with:\n  assay login --email you@example.com\n  assay help run\n${exitCodeHelp}`);
  for (const build of [
    loginCommand,
    logoutCommand,
    whoamiCommand,
    tokensCommand,
    peopleCommand,
    groupsCommand,
    serviceAccountsCommand,
    workspacesCommand,
    grantsCommand,
    datasetsCommand,
    runCommand,
    jobsCommand,
    servingCommand,
    environmentsCommand,
    modelsCommand,
    lineageCommand,
    holdsCommand,
    policiesCommand,
    promoteCommand,
    approveCommand,
    promotionsCommand,
    rollbackCommand,
    breakGlassCommand,
    driftCommand,
    webhooksCommand,
    auditCommand,
    importCommand,
    exportCommand,
    configCommand,
  ]) {
    root.addCommand(build(context));
  }
  quieten(root, context.terminal);
  return root;
}

/** Runs one command line and answers its exit code; every end is one sentence on standard error. */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    await program(context).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const told = error instanceof Error ? error.message : String(error);
    context.terminal.err(`${context.terminal.style('red', 'assay:')} ${linesText(told)}\n`);
    return error instanceof CliError ? error.exitCode : exitCodes.failure;
  }
}

export function processContext(environment: Environment): CommandContext {
  return {
    terminal: processTerminal(environment),
    profiles: new ProfileStore(environment),
    request: fetch,
    pause: async (milliseconds) => pause(milliseconds),
  };
}

/** Commander must not end the process by itself, and must write where the context says. */
function quieten(root: Command, terminal: Terminal): void {
  root.exitOverride();
  root.configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) });
  for (const child of root.commands) quieten(child, terminal);
}
