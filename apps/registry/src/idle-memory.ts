import { performance } from 'node:perf_hooks';

const lookEveryMs = 500;
/** Less than this share of the time between two looks spent on work is rest: health checks and timers go on. */
const restingShare = 0.05;
const looksAfterStart = 1;
const looksAfterWork = 20;
/** So much CPU leaves enough behind to be worth a collection. */
const workWorthMs = 1_000;

/**
 * Gives memory back while nobody asks for anything. V8 collects when it allocates, so a process that has come to rest keeps the garbage of its last
 * requests, and room for as many again, until somebody asks. What starting left goes as soon as the process rests; later, 10 s of rest end with one
 * collection, and the next needs work in between. A request that comes during it waits for it, a fifth of a second at most with the heap
 * that a loaded service has; under load there is none.
 *
 * The collector is there in a process that was begun with `--expose-gc`, as `beginLean` does; in another nothing happens.
 */
export function giveBackAtRest(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  let needed = looksAfterStart;
  let resting = 0;
  let cpuAtLast = Number.NEGATIVE_INFINITY;
  let before = performance.eventLoopUtilization();
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    resting = utilization < restingShare ? resting + 1 : 0;
    if (resting < needed || cpuMs() - cpuAtLast < workWorthMs) return;
    resting = 0;
    needed = looksAfterWork;
    // "Last resort" is the only kind that gives back the room of young objects as well; compiled code that is in use stays.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    cpuAtLast = cpuMs();
  };
  setInterval(look, lookEveryMs).unref();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
