// A copy of the workspace to plant violations in: own sources and manifests, the installed packages by link.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const COPIED = [
  'libs',
  'apps',
  'migrations',
  'tests',
  'tools',
  'package.json',
  'nx.json',
  '.oxlintrc.json',
  'tsconfig.json',
  'tsconfig.base.json',
  '.gitignore',
];

export interface PlantedWorkspace {
  path: string;
  plant(files: Record<string, string>): void;
  remove(): void;
}

export function plantedWorkspace(): PlantedWorkspace {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'assay-planted-')));
  const skip = /\/(dist|node_modules|coverage|fixtures)$|\.tsbuildinfo$/;
  for (const name of COPIED)
    cpSync(join(root, name), join(path, name), { recursive: true, filter: (source) => !skip.test(source) });
  linkPackages(path);
  return {
    path,
    plant(files) {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), text);
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

// Every installed package is linked, but the workspace's own ones must lead into the copy.
function linkPackages(path: string) {
  const installed = join(root, 'node_modules');
  mkdirSync(join(path, 'node_modules/@assay'), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== '@assay' && !name.startsWith('.'))
      symlinkSync(join(installed, name), join(path, 'node_modules', name));
  }
  for (const name of readdirSync(join(installed, '@assay'))) {
    const target = join(path, relative(root, realpathSync(join(installed, '@assay', name))));
    if (existsSync(target)) symlinkSync(target, join(path, 'node_modules/@assay', name));
  }
}
