import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from './dependency-cruiser.config.mjs';
import { cruiseFiles } from './files.mjs';
import { LAYERS, layerViolations, readProjectGraph } from './layers.mjs';
import { plantedWorkspace } from './planted-workspace.js';
import type { PlantedWorkspace } from './planted-workspace.js';
import { filePlants, innocent, lintPlants } from './plants.js';

const root = resolve(import.meta.dirname, '../..');
let workspace: PlantedWorkspace;

beforeAll(() => {
  workspace = plantedWorkspace();
  for (const files of [...Object.values(filePlants), ...Object.values(lintPlants), innocent]) workspace.plant(files);
});
afterAll(() => workspace.remove());

function offender(files: Record<string, string>): string {
  return Object.keys(files)[0] ?? '';
}

describe('rules between files', () => {
  let found: { rule: string; from: string }[];
  let files: number;
  beforeAll(() => {
    const result = cruiseFiles(workspace.path);
    files = result.files;
    found = result.violations.map((violation: { rule: { name: string }; from: string }) => ({
      rule: violation.rule.name,
      from: violation.from,
    }));
  });

  it('has a planted violation for each rule of the configuration, and none for a rule that is gone', () => {
    expect(Object.keys(filePlants).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });

  it.each(config.forbidden.map(({ name }) => name))('%s fires', (rule) => {
    expect(found).toContainEqual({ rule, from: offender(filePlants[rule] ?? {}) });
  });

  it('leaves alone what only comes close', () => {
    expect(found.filter(({ from }) => from in innocent)).toEqual([]);
  });

  it('reads every source file', () => {
    const sources = globSync('{libs,apps,migrations,tests}/**/*.ts', {
      cwd: workspace.path,
      exclude: (name) => name === 'node_modules' || name.endsWith('/node_modules'),
    });
    expect(files).toBeGreaterThan(100);
    expect(files).toBe(sources.length);
  });
});

describe('lint rules', () => {
  const settings = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'));
  const layers: { rules: Record<string, unknown> }[] = [settings, ...settings.overrides];
  const on = (setting: unknown) => (Array.isArray(setting) ? setting[0] : setting) === 'error';
  const rules = layers.flatMap((layer) => Object.keys(layer.rules).filter((rule) => on(layer.rules[rule])));
  let found: { rule: string; from: string }[];

  beforeAll(() => {
    const run = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=json'], {
      cwd: workspace.path,
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    const diagnostics: { code: string; filename: string }[] = JSON.parse(run.stdout).diagnostics;
    found = diagnostics.map(({ code, filename }) => ({
      rule: code.replace('(', '/').replace(')', ''),
      from: filename,
    }));
  });

  it('has a planted violation for each rule that the configuration switches on, and none for one that is gone', () => {
    expect(Object.keys(lintPlants).sort()).toEqual([...new Set(rules)].sort());
  });

  it.each([...new Set(rules)])('%s fires', (rule) => {
    expect(found).toContainEqual({ rule, from: offender(lintPlants[rule] ?? {}) });
  });

  it('leaves alone what only comes close', () => {
    expect(found.filter(({ from }) => from in innocent)).toEqual([]);
  });
});

describe('the layer table', () => {
  const here = readProjectGraph(root);
  const kindOf = (project: string) => here.nodes[project].data.tags.find((tag: string) => tag.startsWith('type:'));
  const projects = Object.keys(here.nodes);
  // For each row a project that it speaks of, and for each kind that the row leaves out one of that kind.
  const forbidden = Object.keys(LAYERS).flatMap((row) => {
    const source = projects.find((project) =>
      row.startsWith('type:') ? kindOf(project) === row && !(project in LAYERS) : project === row,
    );
    if (!source || kindOf(source) === 'type:tool') return [];
    return [...new Set(projects.map(kindOf))]
      .filter((kind) => kind !== 'type:tool' && !LAYERS[row].includes(kind))
      .flatMap((kind) =>
        projects
          .filter((project) => kindOf(project) === kind && project !== source && !LAYERS[row].includes(project))
          .slice(0, 1),
      )
      .map((target) => ({ row, source, target }));
  });

  it('holds in this workspace', () => {
    expect(layerViolations(here)).toEqual([]);
    expect(projects.length).toBeGreaterThan(20);
  });

  it('refuses every dependency that a row leaves out, as Nx sees it', () => {
    for (const { source, target } of forbidden) addDependency(here.nodes[source].data.root, target);
    const violations = layerViolations(readProjectGraph(workspace.path)).join('\n');
    for (const { source, target } of forbidden)
      expect(violations).toContain(`${source} (${kindOf(source)}) may not depend on ${target} `);
    expect(new Set(forbidden.map(({ row }) => row)).size).toBeGreaterThanOrEqual(9);
  });

  it('refuses a project without a kind', () => {
    const graph = { nodes: { stray: { data: { tags: [] } } }, dependencies: {} };
    expect(layerViolations(graph)).toEqual([expect.stringContaining('stray needs exactly one known "type:" tag')]);
  });

  function addDependency(folder: string, target: string) {
    const file = join(workspace.path, folder, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, [target]: '*' } }));
  }
});
