// Brings node_modules into step with the lockfile: `npm ci` by the system's npm, then the few install scripts that are allowed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, SetupFailure } from './sentence.mjs';
import { cannotWrite } from './lock.mjs';
import { systemNode, systemNpm } from './runtime.mjs';

const STAMP = 'node_modules/.assay-stamp';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** What the installed packages depend on; a broken install never carries it, because `npm ci` wipes the folder first. */
export function wantedStamp(root) {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', '.npmrc']) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

export function isInstalled(root) {
  const file = join(root, STAMP);
  return existsSync(file) && readFileSync(file, 'utf8') === wantedStamp(root);
}

/** `note` records npm's process in the lock; `progress` shows where it is. */
export async function install(root, { note, progress }) {
  const began = Date.now();
  const tick = setInterval(
    () => progress.tick(`installing packages (${Math.round((Date.now() - began) / 1000)} s)`),
    1000,
  );
  progress.say('installing packages');
  try {
    removeHalfMade(root);
    // Said outright, because a user's own npm configuration may hold the opposite.
    await npm(
      root,
      [
        'ci',
        '--ignore-scripts',
        '--include=dev',
        '--include=optional',
        '--engine-strict=false',
        '--no-audit',
        '--no-fund',
      ],
      note,
    );
    await runAllowedScripts(root, note);
    const file = join(root, STAMP);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, wantedStamp(root));
    renameSync(`${file}.${process.pid}`, file);
  } finally {
    clearInterval(tick);
  }
  progress.end(`packages installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

function removeHalfMade(root) {
  try {
    rmSync(join(root, 'node_modules'), { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw cannotWrite(error, join(root, 'node_modules'));
  }
}

// `allowScripts` in package.json is the whole list: name → may it run. Anything else never runs, because of ignore-scripts.
async function runAllowedScripts(root, note) {
  const { allowScripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(allowScripts).filter(
    (name) => allowScripts[name] === true && existsSync(join(root, 'node_modules', name)),
  );
  // Without the flag npm says "rebuilt successfully" and does nothing.
  if (names.length > 0) await npm(root, ['rebuild', ...names, '--ignore-scripts=false'], note);
}

/** Runs npm to its end, whatever signal comes meanwhile: an npm that is left alone goes on writing into the folder. */
async function npm(root, args, note) {
  const child = spawn(systemNode(root), [systemNpm(root), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  let interrupted;
  const pass = (signal) => {
    if (!interrupted) process.stderr.write('\nstopping: npm clears up what it began\n');
    interrupted ??= signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  const ended = new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code));
  });
  note(child.pid);
  try {
    const code = await ended;
    if (interrupted)
      throw new SetupFailure(
        { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[interrupted],
        'Interrupted while installing; run the same command again to go on.',
      );
    if (code !== 0) throw explain(output, root);
  } finally {
    note(undefined);
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

const UNREACHABLE =
  /\b(ENOTCACHED|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|ECONNRESET|EHOSTUNREACH)\b/;
const UNWRITABLE = /npm error code (EACCES|EPERM|EROFS|ENOSPC|EDQUOT)\b/;

/** npm's output as one sentence. */
export function explain(output, root) {
  const unwritable = UNWRITABLE.exec(output);
  if (unwritable) return cannotWrite({ code: unwritable[1] }, /npm error path (.+)/.exec(output)?.[1] ?? root);
  const unreachable = UNREACHABLE.exec(output);
  if (unreachable) {
    return new SetupFailure(
      EXIT.unavailable,
      `The packages could not be fetched, because the npm registry cannot be reached (${unreachable[1]}): check the network, the proxy and npm's "registry" setting, then run this again.`,
    );
  }
  const code = /npm error code (\w+)/.exec(output)?.[1];
  if (code === 'EUSAGE')
    return new SetupFailure(
      EXIT.data,
      'package-lock.json is out of step with package.json: run npm install with Node 24, then node tools/complete-lockfile.mjs.',
    );
  if (code === 'EINTEGRITY')
    return new SetupFailure(
      EXIT.data,
      'A package that was fetched is not the one that the lockfile names (EINTEGRITY): try npm cache clean --force, and distrust the registry if it stays.',
    );
  if (code === 'E401' || code === 'E403')
    return new SetupFailure(
      EXIT.noPermission,
      `The npm registry refused to give the packages (${code}): log in to it with npm login, then run this again.`,
    );
  if (code === 'CERT' || /certificate/i.test(output))
    return new SetupFailure(
      EXIT.unavailable,
      'The npm registry shows a certificate that is not trusted here: set npm\'s "cafile" or NODE_EXTRA_CA_CERTS, then run this again.',
    );
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith('npm error') && !line.includes('complete log'))
    .slice(0, 6);
  return new SetupFailure(
    EXIT.software,
    `npm ci failed: ${lines.map((line) => line.slice(10).trim()).join('; ') || output.trim().slice(-400)}`,
  );
}
