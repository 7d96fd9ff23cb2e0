#!/usr/bin/env node
// Starts the built command line. Plain JavaScript, so that a checkout that was not built yet gets a sentence, not a stack trace.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `assay: Node 24 is needed, this is ${process.versions.node}: run it as "npx assay" inside the checkout.\n`,
  );
  process.exitCode = 1;
} else if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('assay: not built yet: run "npm start" (or "npm run build") in the checkout first.\n');
  process.exitCode = 1;
}
