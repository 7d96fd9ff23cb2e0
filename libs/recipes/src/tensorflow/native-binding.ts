import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const pointer = z.looseObject({ binding: z.string(), tensorflow: z.string() });
const require = createRequire(import.meta.url);

/**
 * Path of the native binding that the set-up built on this machine, or `null`. The set-up leaves a pointer file in the user's
 * cache folder; a path given by configuration goes before it.
 */
export function findNativeBinding(cacheFolder = join(homedir(), '.cache')): string | null {
  const { version }: { version: string } = require('@tensorflow/tfjs-node-gpu/package.json');
  const file = join(cacheFolder, 'assay', 'tensorflow', `current-${version}-${process.platform}-${process.arch}.json`);
  if (!existsSync(file)) return null;
  const { binding } = pointer.parse(JSON.parse(readFileSync(file, 'utf8')));
  return existsSync(binding) ? binding : null;
}
