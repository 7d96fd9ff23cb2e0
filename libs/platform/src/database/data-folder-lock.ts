import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { processAlive, processStartTime } from './process-identity.js';

/** The data folder belongs to a running platform, or can't be written. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Takes the data folder for this process; the returned function gives it back. A lock left by a process that has ended is taken over.
 * @throws {DataFolderError} when another platform uses the folder, or it can't be written.
 */
export function lockDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'lock.json');
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new DataFolderError(`The data folder ${dataDir} can't be made (${text(error)}): choose another by ASSAY_DATA_DIR.`);
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) }));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw new DataFolderError(`The data folder ${dataDir} can't be written (${text(error)}): free some space, or choose another by ASSAY_DATA_DIR.`);
      }
      const holder = read(file);
      if (holder && processAlive(holder.pid) && processStartTime(holder.pid) === holder.startTime) {
        throw new DataFolderError(`The data folder ${dataDir} is in use by process ${holder.pid}: stop it first, or choose another by ASSAY_DATA_DIR.`);
      }
      rmSync(file, { force: true });
    }
  }
  throw new DataFolderError(`The data folder ${dataDir} is being taken by another process: try again.`);
}

function read(file: string): { pid: number; startTime: string | null } | null {
  try {
    const parsed: { pid: number; startTime: string | null } = JSON.parse(readFileSync(file, 'utf8'));
    return parsed;
  } catch {
    return null; // empty or half-written by a process that was killed: nobody holds it
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
