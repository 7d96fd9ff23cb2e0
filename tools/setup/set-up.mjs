// From a checkout in any state to a running command: packages, build, native TensorFlow, then the command itself on Node 24.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BUILD, COMMANDS } from './commands.mjs';
import { install, isInstalled } from './install.mjs';
import { launch } from './launch.mjs';
import { withLock } from './lock.mjs';
import { stageLine } from './progress.mjs';
import { runtimeNode } from './runtime.mjs';
import { EXIT, SetupFailure } from './sentence.mjs';
import { tensorflowEnvironment } from './tensorflow-for-children.mjs';

/** Runs one command of `commands.mjs` with the user's arguments; returns its exit code. */
export async function runCommand(root, name, args) {
  const command = COMMANDS[name];
  if (!command)
    throw new SetupFailure(
      EXIT.usage,
      `There is no command "${name ?? ''}"; there are: ${Object.keys(COMMANDS).join(', ')}.`,
    );
  const progress = stageLine('assay set-up');
  await bringUpToDate(root, command, progress);
  if (command.needs && !existsSync(join(root, command.needs)))
    throw new SetupFailure(EXIT.configuration, `${command.needs} is not in this checkout, so there is nothing to run.`);
  const node = runtimeNode(root);
  const env = {
    ...command.environment,
    ...runtimeEnvironment(root),
    ...(command.tensorflow ? await tensorflowEnvironment(root, node) : {}),
  };
  const lists = command.run.map((list, index) => (index === command.run.length - 1 ? [...list, ...args] : list));
  return lists.length === 0 ? 0 : launch(node, lists, { cwd: root, env });
}

async function bringUpToDate(root, command, progress) {
  const work = async (note) => {
    if (!isInstalled(root)) await install(root, { note, progress });
    if (command.build) await build(root);
  };
  if (isInstalled(root) && !command.build) return;
  try {
    await withLock(root, work, { say: progress.say });
  } catch (error) {
    // A finished checkout may be mounted read-only: what is built is what runs.
    const entry = command.run[0]?.find((argument) => argument.includes('/dist/'));
    const usable =
      error.exitCode === EXIT.cannotCreate && isInstalled(root) && (!entry || existsSync(join(root, entry)));
    if (!usable) throw error;
  }
}

// The compiler speaks for itself: its messages go through, and only its exit code is judged.
async function build(root) {
  const child = spawn(runtimeNode(root), BUILD, { cwd: root, stdio: 'inherit', env: runtimeEnvironment(root) });
  const code = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  if (code !== 0) throw new SetupFailure(EXIT.data, 'The sources do not compile; the messages above say where.');
}

// The platform refuses ASSAY_ variables that are no settings of its own, and those of the set-up are none.
function runtimeEnvironment(root) {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ASSAY_SETUP_'))),
    PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compile'),
  };
}
