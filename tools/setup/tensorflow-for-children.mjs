// What the set-up tells the platform's processes about native TensorFlow, through their environment. It never fails the set-up.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNativeTensorflow, obstacle } from '../native-tensorflow.mjs';

/** ASSAY_TENSORFLOW_BINDING, or ASSAY_TENSORFLOW_REASON: a sentence that says why there is none. Builds it when this was not tried yet. */
export async function tensorflowEnvironment(root, node) {
  if (process.env.ASSAY_TENSORFLOW_BINDING) return {};
  const found = findNativeTensorflow(root);
  if (found) return { ASSAY_TENSORFLOW_BINDING: found.binding };
  const hindrance = obstacle() ?? '';
  const memo = join(root, 'node_modules/.assay-tensorflow.json');
  const known = existsSync(memo) ? JSON.parse(readFileSync(memo, 'utf8')) : undefined;
  // A failed try is not repeated at every start, unless what was missing is there now.
  const outcome = known?.hindrance === hindrance ? known : await attempt(root, node, hindrance, memo);
  if (outcome.binding) return { ASSAY_TENSORFLOW_BINDING: outcome.binding };
  process.stderr.write(`native TensorFlow is not available, training uses the portable backend: ${outcome.reason}\n`);
  return { ASSAY_TENSORFLOW_REASON: outcome.reason };
}

async function attempt(root, node, hindrance, memo) {
  const outcome = hindrance ? { reason: hindrance } : await build(root, node);
  if (!outcome.binding) {
    try {
      writeFileSync(memo, JSON.stringify({ hindrance, reason: outcome.reason }));
    } catch (error) {
      if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error; // a read-only checkout just tries again next time
    }
  }
  return outcome;
}

// In a process of its own: Node reads its extra certificates only at the start, and fetch knows neither pip's nor npm's.
function build(root, node) {
  const certificates = process.env.NODE_EXTRA_CA_CERTS || process.env.PIP_CERT || process.env.npm_config_cafile;
  const env = { ...process.env, ...(certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}) };
  const child = spawn(node, [join(root, 'tools/native-tensorflow.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', () =>
      done(
        printed ? JSON.parse(printed) : { reason: 'its build was interrupted; npm run setup:tensorflow tries again' },
      ),
    );
  });
}
