import { subscribe } from 'node:diagnostics_channel';

/** Starting leaves twice what a service needs: that goes with the first moment that brings no request. */
const lookAfterStartMs = 250;
const lookEveryMs = 1_000;
/** Health checks and scrapes go on while a service rests, and so do timers. */
const mostRequestsAtRest = 1;
const mostCpuAtRest = 0.1;
const restsBeforeCollection = 10;
/** Resident memory that has grown by less is left as it is. */
const growthWorthBytes = 32 * 1024 * 1024;

/**
 * Gives memory back while nobody asks for anything. V8 collects when it allocates, so a process that has come to rest keeps the garbage of its last
 * requests, and room for as many again, until somebody asks. What starting left goes with the first quarter of a second without a request; later,
 * 10 s of rest end with one collection if memory has grown since the last. A request that comes during it waits for it, some 0.2 s with the heap
 * of a loaded service; under load there is none.
 *
 * The collector is there in a process that was begun with `--expose-gc`, as `beginLean` does; in another nothing happens.
 */
export function giveBackAtRest(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  let requests = 0;
  subscribe('http.server.request.start', () => {
    requests += 1;
  });
  let bytesAtLast = 0;
  const giveBack = (): void => {
    // "Last resort" is the only kind that gives back the room of young objects as well; compiled code that is in use stays.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    bytesAtLast = process.memoryUsage.rss();
  };
  const started = setInterval(() => {
    const asked = requests > 0;
    requests = 0;
    if (asked) return;
    clearInterval(started);
    giveBack();
    giveBackLater();
  }, lookAfterStartMs).unref();
  const giveBackLater = (): void => {
    let resting = 0;
    let cpu = process.cpuUsage();
    setInterval(() => {
      const { user, system } = process.cpuUsage(cpu);
      cpu = process.cpuUsage();
      const rests = requests <= mostRequestsAtRest && (user + system) / 1000 < mostCpuAtRest * lookEveryMs;
      resting = rests ? resting + 1 : 0;
      requests = 0;
      if (resting < restsBeforeCollection || process.memoryUsage.rss() - bytesAtLast < growthWorthBytes) return;
      giveBack();
      resting = 0;
    }, lookEveryMs).unref();
  };
}
