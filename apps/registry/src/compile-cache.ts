import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What is loaded from here on is compiled once per machine, not at every start. Compiled code is run as it lies there, so nobody else may have put
 * it there: the folder is that of NODE_COMPILE_CACHE, else this user's own below the system's folder for temporary files.
 */
export function keepCompiledCode(): void {
  const user = process.getuid?.();
  if (getCompileCacheDir() !== undefined || user === undefined) return;
  const folder = join(tmpdir(), `assay-compiled-${user}`);
  if (isOwnFolder(folder, user)) enableCompileCache(folder);
}

function isOwnFolder(folder: string, user: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0;
  } catch {
    return false; // it starts without, only slower
  }
}
