import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Whether a process with this id exists, ours or not. A zombie counts as ended. */
export function processAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return statField(pid, 0) !== 'Z';
}

/** Kernel start time of a process, so that a recorded pid can't be mistaken for a later process. Null where it can't be read. */
export function processStartTime(pid: number): string | null {
  return statField(pid, 19);
}

/** What a process was started with, arguments apart by spaces; empty where it can't be read. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // ended meanwhile, or no /proc on this system
  }
}

/** Field of /proc/<pid>/stat after the command name, see proc(5): 0 is the state, 19 the start time. */
function statField(pid: number, index: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index] ?? null;
  } catch {
    return null; // ended meanwhile, or no /proc on this system
  }
}

/** Signals a process and waits for its end; after the time limit it is killed. */
export async function stopProcess(pid: number, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  if (!processAlive(pid)) return;
  process.kill(pid, signal);
  for (let waited = 0; waited < limitMs; waited += 20) {
    if (!processAlive(pid)) return;
    await wait(20);
  }
  process.kill(pid, 'SIGKILL');
}
