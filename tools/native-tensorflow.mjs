// Builds the native TensorFlow binding of @tensorflow/tfjs-node-gpu once per machine, outside the checkout.
//
// The published binding fetches an old libtensorflow from a place that many networks refuse. So the two libraries and the C headers are taken
// from the pinned Python wheel, and the package's own two C++ files are compiled against them. Nothing is written into node_modules.
//
//   node tools/native-tensorflow.mjs            builds when there is none, prints the pointer as JSON; exit 1 and a sentence otherwise
//   node tools/native-tensorflow.mjs --check    only looks
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchWheel, configuredIndex, findPip } from './setup/fetch-wheel.mjs';
import { stageLine } from './setup/progress.mjs';
import {
  NAPI_VERSION,
  WHEELS,
  cacheKey,
  platformName,
  readPointer,
  tensorflowCache,
  tfjsVersion,
  writePointer,
} from './setup/tensorflow-cache.mjs';
import { extract } from './setup/unzip.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS =
  /^tensorflow\/include\/((?:tensorflow\/c|tensorflow\/core\/platform\/ctstring|tsl\/platform\/ctstring|xla\/tsl\/c)[^]*\.h)$/;
const ROOM_BYTES = 1_500_000_000;
const SILENT = { say() {}, tick() {} };

/** Why this machine cannot build the binding, as one sentence; undefined when it can try. Cheap: asked at every start. */
export function obstacle(env = process.env) {
  const wheel = WHEELS[platformName()];
  if (!wheel) return `there is no pinned TensorFlow wheel for ${platformName()}`;
  if (!compiler(env)) return 'a C++ compiler is missing: apt-get install g++, then npm run setup:tensorflow';
  if (!env.ASSAY_SETUP_TENSORFLOW_WHEEL && !configuredIndex(env) && !findPip(env)) {
    return 'pip is missing: apt-get install python3-pip, then npm run setup:tensorflow';
  }
  return undefined;
}

function compiler(env) {
  const candidates = [env.CXX, 'g++', 'clang++', 'c++'].filter(Boolean);
  return candidates.find((command) => spawnSync(command, ['--version'], { env, stdio: 'ignore' }).status === 0);
}

/** The pointer of this machine's build, or undefined. */
export function findNativeTensorflow(root = ROOT, env = process.env) {
  return existsSync(join(root, 'node_modules/@tensorflow/tfjs-node-gpu'))
    ? readPointer(tensorflowCache(env), tfjsVersion(root))
    : undefined;
}

/**
 * Builds the binding unless it is there; returns its pointer. Throws an Error with a sentence for the user.
 */
export async function buildNativeTensorflow({
  root = ROOT,
  env = process.env,
  node = process.execPath,
  progress = SILENT,
} = {}) {
  const found = findNativeTensorflow(root, env);
  if (found) return found;
  const problem = obstacle(env);
  if (problem) throw new Error(problem);

  const wheel = WHEELS[platformName()];
  const tfjs = tfjsVersion(root);
  const key = cacheKey(wheel, tfjs);
  const cache = tensorflowCache(env);
  const home = join(cache, key);
  mkdirSync(cache, { recursive: true });
  dropAbandoned(cache);
  if (!existsSync(home)) {
    requireRoom(cache);
    const work = join(cache, `${key}.building-${process.pid}`);
    try {
      await build(wheel, root, work, env, node, progress);
      moveInto(work, home);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const pointer = {
    binding: bindingIn(home),
    tensorflow: wheel.version,
    tfjs,
    napi: NAPI_VERSION,
    key,
    wheelSha256: wheel.sha256,
  };
  writePointer(cache, pointer);
  return pointer;
}

async function build(wheel, root, work, env, node, progress) {
  mkdirSync(work, { recursive: true });
  const archive = join(work, wheel.file);
  const fetching = `fetching ${wheel.package} ${wheel.version} (230 MB, once)`;
  progress.say(fetching);
  await fetchWheel(wheel, archive, {
    env,
    progress: (seen, total) => progress.tick(`${fetching} ${Math.floor((100 * seen) / total)} %`),
  });
  progress.say('extracting the libraries');
  const place = (name) => {
    const library = LIBRARIES.find((file) => name === `tensorflow/${file}`);
    return library ? join('deps/lib', library) : HEADERS.exec(name)?.[1] && join('deps/include', HEADERS.exec(name)[1]);
  };
  await extract(archive, work, place);
  rmSync(archive);
  progress.say('compiling the binding');
  await compile(root, work, env);
  rmSync(join(work, 'deps/include'), { recursive: true });
  progress.say('checking that it loads');
  const check = `const v = require(${JSON.stringify(bindingIn(work))}).TF_Version; if (v !== ${JSON.stringify(wheel.version)}) throw new Error('it says version ' + v)`;
  const run = spawnSync(node, ['-e', check], { encoding: 'utf8', env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  if (run.status !== 0) {
    const why = run.signal
      ? `it died of ${run.signal}; the processor may lack AVX`
      : (run.stderr.match(/^\w*Error: .*$/m)?.[0] ?? run.stderr.slice(-200));
    throw new Error(`the compiled TensorFlow binding does not load here: ${why}`);
  }
}

function bindingIn(folder) {
  return join(folder, `lib/napi-v${NAPI_VERSION}/tfjs_binding.node`);
}

function compile(root, work, env) {
  const sources = join(root, 'node_modules/@tensorflow/tfjs-node-gpu/binding');
  const output = bindingIn(work);
  mkdirSync(dirname(output), { recursive: true });
  const flags = [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    '-w',
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
  ];
  const includes = [
    join(root, 'node_modules/node-api-headers/include'),
    join(work, 'deps/include'),
    dirname(sources),
  ].map((folder) => `-I${folder}`);
  const inputs = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file));
  const libraries = LIBRARIES.map((library) => `-l:${library}`);
  const args = flags.concat(includes, inputs, ['-o', output, `-L${join(work, 'deps/lib')}`], libraries);
  return new Promise((done, fail) => {
    const child = spawn(compiler(env), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => (errors += text));
    child.on('error', fail);
    child.on('close', (status) =>
      status === 0 ? done() : fail(new Error(`the TensorFlow binding did not compile: ${errors.trim().slice(0, 600)}`)),
    );
  });
}

// Another checkout may have finished the same build meanwhile: its result is as good as ours.
function moveInto(work, home) {
  try {
    renameSync(work, home);
  } catch (error) {
    if (!existsSync(bindingIn(home))) throw error;
  }
}

function requireRoom(cache) {
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < ROOM_BYTES)
    throw new Error(
      `native TensorFlow needs ${ROOM_BYTES / 1e9} GB free in ${cache}, there are ${((bavail * bsize) / 1e9).toFixed(1)} GB`,
    );
}

// A build that was killed leaves its folder behind; its name carries the process that owned it.
function dropAbandoned(cache) {
  for (const name of readdirSync(cache)) {
    const owner = /\.building-(\d+)$/.exec(name);
    if (owner && !isRunning(Number(owner[1]))) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function main() {
  const looking = process.argv.includes('--check');
  const progress = stageLine('native TensorFlow');
  try {
    const pointer = looking ? findNativeTensorflow() : await buildNativeTensorflow({ progress });
    if (!pointer) throw new Error('it is not built: npm run setup:tensorflow');
    progress.end();
    process.stdout.write(`${JSON.stringify(pointer, null, 2)}\n`);
  } catch (error) {
    // On a pipe the reason goes where the pointer would: the launcher words it.
    progress.end(process.stdout.isTTY ? error.message : undefined);
    if (!process.stdout.isTTY) process.stdout.write(`${JSON.stringify({ reason: error.message })}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
