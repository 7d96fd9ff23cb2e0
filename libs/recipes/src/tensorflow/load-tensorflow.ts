import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type * as tensorflow from '@tensorflow/tfjs';

/** The TensorFlow.js API, whichever backend computes. */
export type TensorFlow = typeof tensorflow;

/** What computes, and why that one: written into the job's record. */
export interface TensorFlowBackend {
  /** `native` = the TensorFlow C library; `portable` = WebAssembly or plain JavaScript. */
  readonly kind: 'native' | 'portable';
  /** TensorFlow.js backend name: tensorflow, wasm or cpu. */
  readonly name: string;
  /** Version of the TensorFlow library, or of TensorFlow.js for the portable backends. */
  readonly version: string;
  /** True when TensorFlow placed a probe operation on a GPU. */
  readonly gpu: boolean;
  /** One sentence for people: why this backend, and what to do for the native one. */
  readonly reason: string;
  readonly loadMs: number;
}

export interface LoadTensorFlowOptions {
  /** Path of `tfjs_binding.node`; `null` when there is none or it is switched off. */
  readonly bindingPath: string | null;
  /** Why there is no binding, for `reason`. */
  readonly missingReason?: string;
}

const require = createRequire(import.meta.url);

/**
 * Loads TensorFlow.js once per process: on the native binding when one is given and loads, else on WebAssembly, else on plain
 * JavaScript. The only file that imports the packages: the published loader looks for a binary inside `node_modules`, which this
 * answers from the set-up's cache without writing there, and uses `util` functions that Node has removed.
 */
export async function loadTensorFlow(
  options: LoadTensorFlowOptions,
): Promise<{ tf: TensorFlow; backend: TensorFlowBackend }> {
  const started = performance.now();
  const native = loadNative(options);
  if (native.tf !== null) {
    await native.tf.setBackend('tensorflow');
    const { version, gpu } = nativeFacts(native.tf);
    const reason = gpu
      ? 'the native binding is built and sees a GPU'
      : 'the native binding is built; no GPU is visible to it';
    return {
      tf: native.tf,
      backend: {
        kind: 'native',
        name: native.tf.getBackend(),
        version,
        gpu,
        reason,
        loadMs: performance.now() - started,
      },
    };
  }
  const { tf, note } = await loadPortable();
  const reason = note === null ? native.reason : `${native.reason}; ${note}`;
  return {
    tf,
    backend: {
      kind: 'portable',
      name: tf.getBackend(),
      version: tf.version['tfjs-core'],
      gpu: false,
      reason,
      loadMs: performance.now() - started,
    },
  };
}

function loadNative({
  bindingPath,
  missingReason,
}: LoadTensorFlowOptions): { tf: TensorFlow; reason: string } | { tf: null; reason: string } {
  if (bindingPath === null)
    return { tf: null, reason: missingReason ?? 'no native binding is configured: run `npm run setup:tensorflow`' };
  if (!existsSync(bindingPath))
    return { tf: null, reason: `the native binding is not at ${bindingPath}: run \`npm run setup:tensorflow\`` };
  try {
    restoreRemovedUtil();
    const packageRequire = createRequire(require.resolve('@tensorflow/tfjs-node-gpu'));
    answerBindingPath(packageRequire.resolve('@mapbox/node-pre-gyp'), bindingPath);
    return { tf: require('@tensorflow/tfjs-node-gpu'), reason: 'native' };
  } catch (error) {
    return {
      tf: null,
      reason: `the native binding did not load (${error instanceof Error ? error.message : String(error)})`,
    };
  }
}

async function loadPortable(): Promise<{ tf: TensorFlow; note: string | null }> {
  const tf: TensorFlow = require('@tensorflow/tfjs');
  try {
    const wasm: { setWasmPaths(folder: string): void } = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist')}/`);
    if (await tf.setBackend('wasm')) return { tf, note: null };
    throw new Error('it was not accepted');
  } catch (error) {
    await tf.setBackend('cpu');
    return {
      tf,
      note: `WebAssembly did not start (${error instanceof Error ? error.message : String(error)}), so plain JavaScript computes`,
    };
  }
}

/** TensorFlow's version, and whether a GPU is there, as the native backend itself reports them. */
function nativeFacts(tf: TensorFlow): { version: string; gpu: boolean } {
  const backend: unknown = tf.backend();
  const binding = property(backend, 'binding');
  const version = property(binding, 'TF_Version');
  return {
    version: typeof version === 'string' ? version : 'unknown',
    gpu: property(backend, 'isUsingGpuDevice') === true,
  };
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}

function restoreRemovedUtil(): void {
  const util: Record<string, unknown> = require('node:util');
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}

/** Puts a finder that knows the binding's place where the package's own one would be loaded from. */
function answerBindingPath(finderId: string, bindingPath: string): void {
  const Module = require('node:module');
  const finder = new Module(finderId);
  finder.filename = finderId;
  finder.loaded = true;
  finder.exports = { find: () => bindingPath };
  require.cache[finderId] = finder;
}
