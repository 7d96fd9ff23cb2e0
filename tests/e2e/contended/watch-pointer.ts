import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Look, PollerData } from './poll-pointer.js';

export interface Watched {
  readonly looks: readonly Look[];
  readonly seconds: number;
}

/** A consumer on a thread of its own, which reads a pointer as fast as it may while something else happens. */
export async function whileWatching(data: PollerData, work: () => Promise<void>): Promise<Watched> {
  const worker = new Worker(new URL('./poll-pointer.ts', import.meta.url), { workerData: data });
  const failed = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
  });
  const told = once(worker, 'message');
  await Promise.race([once(worker, 'online'), failed]);
  await Promise.race([work(), failed]);
  worker.postMessage('stop');
  const [watched]: Watched[] = await Promise.race([told, failed]);
  await once(worker, 'exit');
  if (watched === undefined) throw new Error('the consumer told nothing');
  return watched;
}

/** That a version held the pointer: from its move, by the database's clock, until the answer to the next one. */
export interface Holding {
  readonly version: string;
  readonly from: number;
  readonly until: number;
}

/** What a consumer must never see: no answer, none or two holders, or one that held the pointer at no moment of the question. */
export function wrongLooks(looks: readonly Look[], holdings: readonly Holding[]): string[] {
  return looks.flatMap(({ what, status, holders, from, until }) => {
    if (status !== 200) return [`${what}: ${status} ${holders.join()}`];
    if (holders.length !== 1) return [`${what}: ${holders.length} holders: ${holders.join()}`];
    const held = holdings.some(
      (each) => each.version === holders[0] && each.from <= until + 1 && each.until >= from - 1,
    );
    return held ? [] : [`${what}: version ${holders[0]} between ${from} and ${until}`];
  });
}
