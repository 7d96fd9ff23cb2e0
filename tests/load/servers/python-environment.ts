import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A virtual environment with exactly these packages, made once per machine and kept in the cache folder under a name that carries their versions.
 * @returns its `bin` folder
 */
export async function pythonEnvironment(
  name: string,
  packages: readonly string[],
  note: (text: string) => void,
): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay', 'bench');
  const { stdout: python } = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const home = join(cache, `${name}-python${python.trim()}`);
  const complete = join(home, '.complete');
  if (existsSync(complete)) return join(home, 'bin');
  note(`installing ${packages.join(' ')} into ${home} (once)`);
  mkdirSync(cache, { recursive: true });
  rmSync(home, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', home]);
  await run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
    maxBuffer: 64 * 1024 * 1024,
  });
  writeFileSync(`${complete}.new`, packages.join('\n'));
  renameSync(`${complete}.new`, complete);
  return join(home, 'bin');
}
