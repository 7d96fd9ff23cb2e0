// `npm run check`: format, lint, boundaries and cycles, types, unit tests. Steps that do not touch each other run side by side.
// `-- --static` leaves the unit tests out.
import { spawn } from 'node:child_process';

const bin = (path) => `node_modules/${path}`;
const FORMAT = { name: 'format', fix: 'npm run format', run: [[bin('oxfmt/bin/oxfmt'), '--check', '.']] };
const LINT = { name: 'lint', run: [[bin('oxlint/bin/oxlint'), '--format=unix']] };
const BOUNDARIES = { name: 'boundaries', run: [['tools/check-boundaries.mjs']] };
const LOCKFILE = { name: 'lockfile', run: [['tools/complete-lockfile.mjs', '--check']] };
const tsc = bin('typescript/bin/tsc');
const TYPES = {
  name: 'types',
  run: [
    [tsc, '-b'],
    [tsc, '-p', 'tsconfig.test.json'],
    [tsc, '-p', 'tools/tsconfig.json'],
  ],
};
const UNIT = {
  name: 'unit tests',
  run: [[bin('nx/dist/bin/nx.js'), 'run-many', '-t', 'unit', '--parallel=2', '--output-style=static']],
};

const LANES = [[TYPES], [FORMAT, LINT, LOCKFILE, BOUNDARIES]];
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NO_COLOR: '1', FORCE_COLOR: undefined };

async function runStep(step) {
  const began = Date.now();
  let output = '';
  let code = 0;
  for (const args of step.run) {
    const result = await capture(args);
    output += result.output;
    code ||= result.code;
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n${step.fix ? `→ ${step.fix}\n` : ''}`);
  return code === 0;
}

function capture(args) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code: code ?? 1, output }));
  });
}

async function runLane(steps) {
  let held = true;
  for (const step of steps) held = (await runStep(step)) && held;
  return held;
}

const began = Date.now();
const held = (await Promise.all(LANES.map(runLane))).every(Boolean);
// The unit tests use both cores themselves; they run even when the rest failed, so that one run tells everything.
const tested = process.argv.includes('--static') || (await runStep(UNIT));
process.stdout.write(
  `check ${held && tested ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s\n`,
);
process.exitCode = held && tested ? 0 : 1;
