// The file-level rules, by dependency-cruiser; see dependency-cruiser.config.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import config from './dependency-cruiser.config.mjs';

const FOLDERS = ['libs', 'apps', 'migrations', 'tests'];

/** Cruises the workspace at `root`: what is forbidden there, and how many source files were read. */
export function cruiseFiles(root) {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, 'tools/boundaries/dependency-cruiser.config.mjs');
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const run = spawnSync(process.execPath, [cruiser, '--config', config, '--output-type', 'json', ...folders], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!run.stdout.startsWith('{')) throw new Error(`dependency-cruiser did not run: ${run.stderr || run.stdout}`);
  const { modules, summary } = JSON.parse(run.stdout);
  const files = modules.filter(
    (module) => /\.tsx?$/.test(module.source) && !module.source.includes('node_modules'),
  ).length;
  return { files, violations: summary.violations };
}

/** One violation as a line: the rule, the way, and why the rule is there. */
export function describeViolation({ rule, from, to, cycle }) {
  const { comment } = config.forbidden.find(({ name }) => name === rule.name);
  const way = cycle?.length > 0 ? [from, ...cycle.map((step) => step.name ?? step)].join(' → ') : `${from} → ${to}`;
  return `${rule.name}: ${way}\n    ${comment}`;
}
