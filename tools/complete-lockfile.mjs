// Makes package-lock.json one that `npm ci` accepts on every platform, and that names no registry host.
//
// A registry that has not got another platform's optional package makes `npm install` leave it out of the lockfile without a word; `npm ci`
// then refuses the file as out of step. The missing entries are added here: npm checks that they are there and never fetches them.
// Run it after every change of a dependency; `--check` changes nothing and exits 1 when something is to be done.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OPERATING_SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'wasi',
  'win32',
];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Every optional dependency that resolves to no entry of the lockfile: its name, the range asked for, and who asks. */
export function missingOptional(packages) {
  const missing = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!resolves(packages, path, name)) missing.push({ name, range, from: path });
    }
  }
  return missing;
}

// Node's own look-up: the folder of the package that asks, then each folder above it.
function resolves(packages, from, name) {
  for (let at = from; ; at = parentOf(at)) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at) return false;
  }
}

function parentOf(path) {
  const nested = path.lastIndexOf('/node_modules/');
  return nested === -1 ? '' : path.slice(0, nested);
}

/** What platform a package is for, read off the words of its name (`@nx/nx-linux-arm64-musl`). */
export function platformOf(name) {
  const words = name.split(/[/_-]/);
  const os = words.find((word) => OPERATING_SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  const arm = words.some((word) => word === 'armv7' || word === 'armhf') ? 'arm' : undefined;
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return { os, cpu: cpu ?? arm, libc: os === 'linux' ? libc : undefined };
}

function entryFor({ name, range }) {
  const { os, cpu, libc } = platformOf(name);
  if (!os || !cpu)
    throw new Error(
      `${name}@${range} is missing from the lockfile, and its name does not tell its platform: add it by hand`,
    );
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(range))
    throw new Error(`${name} is asked for as "${range}", which is no exact version: add it by hand`);
  return { version: range, cpu: [cpu], optional: true, os: [os], ...(libc ? { libc: [libc] } : {}) };
}

/** A copy of the lockfile with the missing entries and without addresses, plus what was done. */
export function complete(lockfile) {
  const packages = { ...lockfile.packages };
  const missing = missingOptional(packages);
  for (const want of missing) packages[`node_modules/${want.name}`] ??= entryFor(want);
  let addresses = 0;
  for (const [path, entry] of Object.entries(packages)) {
    if (!/^https?:/.test(entry.resolved ?? '')) continue;
    const { resolved: _address, ...rest } = entry;
    packages[path] = rest;
    addresses += 1;
  }
  const sorted = Object.fromEntries(
    Object.keys(packages)
      .sort(byText)
      .map((path) => [path, packages[path]]),
  );
  return { lockfile: { ...lockfile, packages: sorted }, added: missing.length, addresses };
}

function byText(a, b) {
  return a.localeCompare(b, 'en');
}

function main() {
  const file = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'package-lock.json');
  const result = complete(JSON.parse(readFileSync(file, 'utf8')));
  const summary = `${result.added} entries of other platforms, ${result.addresses} addresses`;
  if (process.argv.includes('--check')) {
    if (result.added + result.addresses > 0) {
      process.stderr.write(
        `package-lock.json lacks or carries too much (${summary}): run node tools/complete-lockfile.mjs\n`,
      );
      process.exitCode = 1;
    }
    return;
  }
  if (result.added + result.addresses > 0) writeFileSync(file, `${JSON.stringify(result.lockfile, null, 2)}\n`);
  process.stdout.write(`package-lock.json: added ${summary.replace(',', '; removed')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
