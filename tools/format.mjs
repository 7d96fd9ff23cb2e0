// Formats every source file in place; `--check` only says which are not formatted.
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const run = spawnSync(process.execPath, ['node_modules/oxfmt/bin/oxfmt', ...(args.length > 0 ? args : ['.'])], {
  stdio: 'inherit',
});
process.exitCode = run.status ?? 1;
