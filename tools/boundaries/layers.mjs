// The layer table on Nx's project graph: who may depend on whom, by tag, with narrower rows for single projects.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The table: a tag or a project name → the tags and project names that it may depend on. */
export const LAYERS = JSON.parse(readFileSync(join(here, 'layers.json'), 'utf8'));

/** Nx's own view of the workspace at `root`: projects with their tags, and the dependencies between them. */
export function readProjectGraph(root) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-graph-'));
  const file = join(folder, 'graph.json');
  try {
    const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
    const run = spawnSync(process.execPath, [nx, 'graph', `--file=${file}`], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_WORKSPACE_ROOT_PATH: root },
    });
    if (run.status !== 0) throw new Error(`nx could not make the project graph: ${run.stderr || run.stdout}`);
    return JSON.parse(readFileSync(file, 'utf8')).graph;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every dependency that the table does not allow, and every project that no row speaks of, as sentences. */
export function layerViolations(graph, layers = LAYERS) {
  const violations = [];
  for (const [name, node] of Object.entries(graph.nodes)) {
    const types = node.data.tags.filter((tag) => tag.startsWith('type:'));
    if (types.length !== 1 || !layers[types[0]]) {
      violations.push(
        `${name} needs exactly one known "type:" tag in its package.json ("nx": { "tags": […] }), it has: ${types.join(', ') || 'none'}`,
      );
      continue;
    }
    const allowed = layers[name] ?? layers[types[0]];
    for (const { target } of graph.dependencies[name] ?? []) {
      const other = graph.nodes[target];
      if (!other || target === name) continue; // a third-party package: the file rules speak of those
      const permitted = allowed.includes(target) || other.data.tags.some((tag) => allowed.includes(tag));
      if (!permitted)
        violations.push(
          `${name} (${types[0]}) may not depend on ${target} (${other.data.tags.join(', ')}); allowed: ${allowed.join(', ')}`,
        );
    }
  }
  return violations;
}
