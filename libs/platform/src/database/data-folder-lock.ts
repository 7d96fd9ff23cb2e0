import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
    throw new DataFolderError(
      `The data folder ${dataDir} can't be made (${text(error)}): choose another by ASSAY_DATA_DIR.`,
    );
  }
  // The lock appears whole or not at all: an empty one would look like one that nobody holds.
  const ours = `${file}.${process.pid}-${randomUUID()}`;
  try {
    writeFileSync(ours, JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) }), {
      mode: 0o600,
    });
    return take(file, ours, dataDir);
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    throw new DataFolderError(
      `The data folder ${dataDir} can't be written (${text(error)}): free some space, or choose another by ASSAY_DATA_DIR.`,
    );
  } finally {
    rmSync(ours, { force: true });
  }
}

function take(file: string, ours: string, dataDir: string): () => void {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (linked(ours, file)) return () => rmSync(file, { force: true });
    const holder = read(file);
    if (isAlive(holder)) throw inUse(dataDir, holder.pid);
    // Of several that find a dead one's lock, each moves what lies there now aside; whoever moved a living one's puts it back.
    const aside = `${ours}.aside`;
    if (!moved(file, aside)) continue;
    const taken = read(aside);
    if (isAlive(taken)) linked(aside, file);
    rmSync(aside, { force: true });
    if (isAlive(taken)) throw inUse(dataDir, taken.pid);
  }
  throw new DataFolderError(`The data folder ${dataDir} is being taken by another process: try again.`);
}

interface Holder {
  readonly pid: number;
  readonly startTime: string | null;
}

function isAlive(holder: Holder | null): holder is Holder {
  return holder !== null && processAlive(holder.pid) && processStartTime(holder.pid) === holder.startTime;
}

function inUse(dataDir: string, pid: number): DataFolderError {
  return new DataFolderError(
    `The data folder ${dataDir} is in use by process ${pid}: stop it first, or choose another by ASSAY_DATA_DIR.`,
  );
}

/** False when there is a file of that name already. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** False when somebody else moved it first. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function read(file: string): Holder | null {
  try {
    const parsed: Holder = JSON.parse(readFileSync(file, 'utf8'));
    return parsed;
  } catch {
    return null; // given back meanwhile, or damaged: nobody holds it
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
