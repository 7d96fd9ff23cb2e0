// Which Node runs what: the system's for npm, the pinned Node 24 of the lockfile for everything of ours.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { EXIT, SetupFailure } from './sentence.mjs';

const WANTED_MAJOR = 24;

/** The Node 24 that came with `npm ci`; where no package brings one (macOS, musl), a system Node of that version or newer. */
export function runtimeNode(root) {
  const bundled = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(bundled) && answers(bundled)) return bundled;
  const outside = nodesOutside(root);
  const modern = outside.find((node) => majorOf(node) >= WANTED_MAJOR);
  if (modern) return modern;
  throw new SetupFailure(
    EXIT.configuration,
    `No Node ${WANTED_MAJOR} package runs on ${process.platform} ${process.arch}, and the system has Node ${majorOf(outside[0]) || 'unknown'}: install Node ${WANTED_MAJOR} and run this again.`,
  );
}

function answers(node) {
  return spawnSync(node, ['--version'], { stdio: 'ignore' }).status === 0;
}

function majorOf(node) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0);
}

/**
 * The Node outside of the checkout. `npm run` puts node_modules/.bin first in PATH, so this very process may already run on the bundled one,
 * which `npm ci` deletes.
 */
export function systemNode(root, env = process.env) {
  return nodesOutside(root, env)[0];
}

function nodesOutside(root, env = process.env) {
  const inside = join(root, 'node_modules');
  const candidates = [env.npm_node_execpath, process.execPath, ...onPath('node', env)];
  const outside = candidates.filter((path) => path && existsSync(path) && !realpathSync(path).startsWith(inside));
  return outside.length > 0 ? outside : [process.execPath];
}

/** The system's npm as a script to be run by `systemNode`. */
export function systemNpm(root, env = process.env) {
  const inside = join(root, 'node_modules');
  const besideNode = join(dirname(realpathSync(systemNode(root, env))), '../lib/node_modules/npm/bin/npm-cli.js');
  const candidates = [env.npm_execpath, ...onPath('npm', env), besideNode];
  const found = candidates.find(
    (path) => path && /npm(-cli\.c?js)?$/.test(path) && existsSync(path) && !realpathSync(path).startsWith(inside),
  );
  if (!found)
    throw new SetupFailure(
      EXIT.configuration,
      'npm was not found: install npm (apt-get install npm) and run this again.',
    );
  return realpathSync(found);
}

function onPath(name, env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));
}
