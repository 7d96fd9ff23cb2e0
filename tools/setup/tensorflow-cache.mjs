// Where the native TensorFlow binding lies on this machine, and under which key.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The N-API level that the binding is compiled for. */
export const NAPI_VERSION = 8;

/** Raised when the way of building changes, so that an old cache entry is not taken for a new one. */
const RECIPE = 1;

/** The wheels that are known to work, by platform; the digest is checked wherever the file comes from. */
export const WHEELS = {
  'linux-x64': {
    package: 'tensorflow-cpu',
    version: '2.18.1',
    python: '3.11',
    tag: 'manylinux2014_x86_64',
    file: 'tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
    sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
    bytes: 230_000_000,
  },
};

export function platformName() {
  return `${process.platform}-${process.arch}`;
}

/** The folder of all native TensorFlow builds; shared by every checkout of this user. */
export function tensorflowCache(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'assay', 'tensorflow');
}

export function tfjsVersion(root) {
  const manifest = join(root, 'node_modules/@tensorflow/tfjs-node-gpu/package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** `<tensorflow>-<tfjs>-<napi>-<platform>-<sha8>`: everything that the compiled file depends on. */
export function cacheKey(wheel, tfjs) {
  const sha8 = createHash('sha256').update(`${wheel.sha256} ${RECIPE}`).digest('hex').slice(0, 8);
  return `${wheel.version}-${tfjs}-${NAPI_VERSION}-${platformName()}-${sha8}`;
}

function pointerFile(cache, tfjs) {
  return join(cache, `current-${tfjs}-${platformName()}.json`);
}

/** What the loader finds at run time: the pointer of this tfjs version, or undefined when there is no usable build. */
export function readPointer(cache, tfjs) {
  const file = pointerFile(cache, tfjs);
  if (!existsSync(file)) return undefined;
  try {
    const pointer = JSON.parse(readFileSync(file, 'utf8'));
    return typeof pointer.binding === 'string' && existsSync(pointer.binding) ? pointer : undefined;
  } catch {
    return undefined; // a damaged pointer is the same as none: the build writes it anew
  }
}

export function writePointer(cache, pointer) {
  mkdirSync(cache, { recursive: true });
  const file = pointerFile(cache, pointer.tfjs);
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(pointer, null, 2)}\n`);
  renameSync(temporary, file);
}
