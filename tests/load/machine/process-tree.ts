import { readFileSync, readdirSync } from 'node:fs';

/** What a process and everything below it has used. */
export interface TreeUse {
  cpuMs: number;
  /** Resident memory summed over processes: pages they share count once each. */
  rssBytes: number;
}

interface ProcessLine {
  pid: number;
  parent: number;
  ticks: number;
  rssPages: number;
}

const msPerTick = 10; // USER_HZ is 100 on every Linux that Node runs on
const pageBytes = 4096;

/** CPU time and resident memory of each root's process tree, from `/proc`. Children that ended count in their parent. */
export function treeUse(roots: readonly number[]): TreeUse {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processLine(Number(name)) ?? []);
  const children = Map.groupBy(lines, ({ parent }) => parent);
  const use = { cpuMs: 0, rssBytes: 0 };
  const waiting = lines.filter(({ pid }) => roots.includes(pid));
  for (let line = waiting.pop(); line; line = waiting.pop()) {
    use.cpuMs += line.ticks * msPerTick;
    use.rssBytes += line.rssPages * pageBytes;
    waiting.push(...(children.get(line.pid) ?? []));
  }
  return use;
}

/** Watches the resident memory of one process; the answer ends it and says by how many bytes it grew at most. */
export function watchMemory(pid: number): () => number {
  const before = processLine(pid)?.rssPages ?? 0;
  let most = before;
  const look = (): void => {
    most = Math.max(most, processLine(pid)?.rssPages ?? 0);
  };
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    look();
    return (most - before) * pageBytes;
  };
}

/** One line of `/proc/PID/stat`, see proc(5); null for a process that has just ended. */
function processLine(pid: number): ProcessLine | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null; // it ended between the listing and now
  }
  // The second field is the name in parentheses, which may hold spaces: count from behind it, where the state is field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return { pid, parent: field(4), ticks: field(14) + field(15) + field(16) + field(17), rssPages: field(24) };
}
