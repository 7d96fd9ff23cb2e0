// One set-up at a time in a checkout: a lock file with its owner's process, taken over when the owner is gone.
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, SetupFailure } from './sentence.mjs';

const POLL_MS = 300;
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Runs `work(note)` while holding the lock. While another process holds it, waits; `note(pid)` records a child that must have ended
 * before anyone else may take over (an npm that outlives a killed launcher).
 */
export async function withLock(root, work, { say = () => {} } = {}) {
  const file = join(root, '.setup.lock');
  const own = { pid: process.pid, started: startTime(process.pid) };
  for (let told = 0; !acquire(file, own, root);) {
    const holder = readHolder(file);
    if (holder === undefined) continue; // released between the two looks
    const alive = [holder, holder.child].find((process_) => process_ && isAlive(process_));
    if (!alive) {
      takeAway(file, holder);
      continue;
    }
    if (told !== alive.pid) say(`waiting for process ${alive.pid}, which is setting this checkout up`);
    told = alive.pid;
    await sleep(POLL_MS);
  }
  try {
    return await work((pid) => record(file, { ...own, child: pid && { pid, started: startTime(pid) } }));
  } finally {
    unlinkSync(file);
  }
}

// A link is made whole or not at all, so nobody ever reads a lock without its owner.
function acquire(file, own, root) {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(own));
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!NO_LINKS.has(error.code)) throw error;
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' }); // the second best, where the file system knows no links
    }
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw cannotWrite(error, root);
  } finally {
    rmSync(draft, { force: true });
  }
}

function record(file, content) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content));
  renameSync(draft, file);
}

/** The sentence for a folder that cannot be written to; any other error stays as it is. */
export function cannotWrite(error, folder) {
  const why = {
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    EROFS: 'it is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'your disk quota is used up',
  }[error.code];
  return why ? new SetupFailure(EXIT.cannotCreate, `Nothing can be written into ${folder}: ${why}.`) : error;
}

function readHolder(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { ...JSON.parse(text), text };
  } catch {
    return { pid: 0, text }; // damaged, as after a power cut: nobody's
  }
}

// Renaming decides among several that want to take over; whoever caught a newer lock puts it back.
function takeAway(file, holder) {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') === holder.text) unlinkSync(aside);
  else renameSync(aside, file);
}

// A process id alone may have been given to somebody else since; on Linux the start time settles it.
function isAlive({ pid, started }) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return started === undefined || started === startTime(pid);
}

function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // no /proc here: the process id has to do
  }
}
