// `npm start`, `npm test`, `npm run demo` … : sets the checkout up when it is not, then runs the command on the pinned Node 24.
// Plain JavaScript for any Node from 20 on, without dependencies, because nothing is installed yet.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = 20;

async function main() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST) {
    process.stderr.write(`Assay's set-up needs Node ${OLDEST} or newer; this is Node ${process.versions.node}.\n`);
    return 78;
  }
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const [name, ...args] = process.argv.slice(2);
  const { runCommand } = await import('./setup/set-up.mjs');
  try {
    return await runCommand(root, name, args);
  } catch (error) {
    if (typeof error.exitCode !== 'number') throw error;
    process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${error.message}\n`);
    return error.exitCode;
  }
}

main().then((code) => {
  process.exitCode = code;
});
