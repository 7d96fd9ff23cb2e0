// Layers on the project graph, rules between files, cycles. No output but the violations and one line of what was looked at.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruiseFiles, describeViolation } from './boundaries/files.mjs';
import { layerViolations, readProjectGraph } from './boundaries/layers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const graph = readProjectGraph(root);
const { files, violations } = cruiseFiles(root);
const found = [...layerViolations(graph), ...violations.map(describeViolation)];
const projects = Object.keys(graph.nodes).length;

for (const line of found) process.stdout.write(`${line}\n`);
// A parser that silently reads nothing would find nothing: that is a failure too.
if (files === 0 || projects === 0) found.push('nothing was read');
process.stdout.write(`${projects} projects, ${files} files, ${found.length} violations\n`);
process.exitCode = found.length === 0 ? 0 : 1;
