// `npm test`: every vitest project, one stage after the other, then what was skipped and why, then one line with the sums.
// `npm test -- …` hands its arguments to vitest (a path, `--project unit`, `-t name`).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addUp, countReport, describeSkips, verdict } from './testing/results.mjs';

const root = resolve(import.meta.dirname, '..');
const extra = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// Quick projects share a run; the others boot whole platforms, and would only take the two cores from each other.
const TOGETHER = ['unit', 'int'];

async function stages() {
  const config = await import(pathToFileURL(join(root, 'vitest.config.ts')).href);
  const names = config.default.test.projects.map((project) => project.test.name);
  const quick = names.filter((name) => TOGETHER.includes(name));
  return [quick, ...names.filter((name) => !TOGETHER.includes(name)).map((name) => [name])];
}

async function runStage(projects) {
  const report = join(folder, `${projects.join('-') || 'chosen'}.json`);
  const selection = projects.flatMap((name) => ['--project', name]);
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--passWithNoTests',
    ...selection,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...extra,
  ];
  process.stdout.write(`\n== ${projects.join(', ') || extra.join(' ')} ==\n`);
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const code = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done(signal ? 1 : status));
  });
  return countReport(
    existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined,
    code,
    projects.join(', '),
  );
}

const everything = process.env.ASSAY_TEST_REQUIRE === 'all';
const chosen = extra.some((argument) => argument.startsWith('--project')) ? [[]] : await stages();
const results = [];
for (const projects of chosen) results.push(await runStage(projects));

const total = addUp(results);
for (const line of describeSkips(total.skips, everything)) process.stdout.write(`${line}\n`);
for (const problem of total.problems) process.stdout.write(`${problem}\n`);
const { line, code } = verdict(total, everything);
process.stdout.write(`\n${line}\n`);
process.exitCode = code;
