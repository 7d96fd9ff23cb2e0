// Starts processes in this one's place: they have the terminal, they decide the exit code, signals reach them.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

// A terminal sends Ctrl-C to the whole group, so the children have it already. Without one they get a group of their own: whoever signals
// ours reaches this process, which hands the signal on, so that it arrives exactly once either way; twice would mean "at once".
const OWN_TERMINAL = process.stdin.isTTY === true;

/**
 * Runs all of `argumentLists` on `node` and returns the exit code of the first that ends; the others are then asked to end.
 * A child that died of a signal counts as 128 + its number, as in a shell.
 */
export async function launch(node, argumentLists, options) {
  const children = argumentLists.map((args) =>
    spawn(node, args, { stdio: 'inherit', detached: !OWN_TERMINAL, ...options }),
  );
  const stop = forwardSignals(children);
  try {
    const codes = children.map(ending);
    const first = await Promise.race(codes);
    for (const child of children) if (isRunning(child)) child.kill('SIGTERM');
    await Promise.all(codes);
    return first;
  } finally {
    stop();
  }
}

function ending(child) {
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done(signal ? 128 + constants.signals[signal] : code));
  });
}

function isRunning(child) {
  return child.exitCode === null && child.signalCode === null;
}

function forwardSignals(children) {
  const pass = (signal) => {
    if (signal === 'SIGINT' && OWN_TERMINAL) return;
    for (const child of children) if (isRunning(child)) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  return () => signals.forEach((signal) => process.off(signal, pass));
}
