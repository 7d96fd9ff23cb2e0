import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { complete, missingOptional, platformOf } from './complete-lockfile.mjs';
import { systemNode, systemNpm } from './setup/runtime.mjs';

const root = resolve(import.meta.dirname, '..');
const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

describe('package-lock.json', () => {
  const copy = mkdtempSync(join(tmpdir(), 'assay-lock-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('is accepted by npm ci', () => {
    const manifests = ['package.json', 'package-lock.json', '.npmrc'];
    const workspaces = Object.keys(lockfile.packages).filter((path) => /^(apps|libs)\/[^/]+$|^migrations$/.test(path));
    for (const path of [...manifests, ...workspaces.map((folder) => join(folder, 'package.json'))])
      cpSync(join(root, path), join(copy, path));
    const run = () =>
      execFileSync(
        systemNode(root),
        [systemNpm(root), 'ci', '--dry-run', '--ignore-scripts', '--engine-strict=false'],
        { cwd: copy, encoding: 'utf8', stdio: 'pipe' },
      );
    expect(run()).toMatch(/added \d+ packages/);
  });

  it('names no registry host and lacks no entry of another platform', () => {
    expect(complete(lockfile)).toMatchObject({ added: 0, addresses: 0 });
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });
});

describe('complete', () => {
  const packages = {
    '': { optionalDependencies: { 'native-linux-x64-musl': '1.2.3' } },
    'node_modules/tool': {
      optionalDependencies: { '@tool/darwin-arm64': '2.0.0', present: '1.0.0' },
      resolved: 'https://registry.example/tool.tgz',
    },
    'node_modules/tool/node_modules/present': { version: '1.0.0' },
  };

  it('adds what no folder above resolves, with the platform that the name tells', () => {
    expect(missingOptional(packages).map(({ name }) => name)).toEqual(['native-linux-x64-musl', '@tool/darwin-arm64']);
    const result = complete({ lockfileVersion: 3, packages });
    expect(result.lockfile.packages['node_modules/native-linux-x64-musl']).toEqual({
      version: '1.2.3',
      cpu: ['x64'],
      optional: true,
      os: ['linux'],
      libc: ['musl'],
    });
    expect(result.lockfile.packages['node_modules/@tool/darwin-arm64']).toEqual({
      version: '2.0.0',
      cpu: ['arm64'],
      optional: true,
      os: ['darwin'],
    });
    expect(result).toMatchObject({ added: 2, addresses: 1 });
    expect(complete(result.lockfile)).toMatchObject({ added: 0, addresses: 0 });
  });

  it('refuses to guess: a name without a platform, a range that is no version', () => {
    expect(() => complete({ packages: { '': { optionalDependencies: { fsevents: '2.3.3' } } } })).toThrow(
      'does not tell its platform',
    );
    expect(() => complete({ packages: { '': { optionalDependencies: { 'x-linux-x64': '^1.0.0' } } } })).toThrow(
      'no exact version',
    );
  });

  it('knows the words of a platform', () => {
    expect(platformOf('@oxlint/binding-linux-arm-gnueabihf')).toEqual({ os: 'linux', cpu: 'arm', libc: undefined });
    expect(platformOf('@nx/nx-win32-x64-msvc')).toEqual({ os: 'win32', cpu: 'x64', libc: undefined });
  });
});
