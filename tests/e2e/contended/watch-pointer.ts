import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Look, PollerData } from './poll-pointer.js';

export interface Watched {
  readonly looks: readonly Look[];
  readonly seconds: number;
}

export interface Consumer {
  /** Resolves once the consumer has asked as often as it should have by now, however much kept it back before. */
  atPace(): Promise<void>;
}

/** Questions: a moment of its pace. */
const mostBehind = 10;

/** A consumer on a thread of its own, which reads a pointer as fast as it may while something else happens. */
export async function whileWatching(
  asked: Omit<PollerData, 'behind'>,
  work: (consumer: Consumer) => Promise<void>,
): Promise<Watched> {
  const behind = new Int32Array(new SharedArrayBuffer(4));
  const data: PollerData = { ...asked, behind };
  const worker = new Worker(new URL('./poll-pointer.ts', import.meta.url), { workerData: data });
  const failed = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
  });
  const told = once(worker, 'message');
  await Promise.race([once(worker, 'online'), failed]);
  const atPace = () => expect.poll(() => Atomics.load(behind, 0), { interval: 2 }).toBeLessThan(mostBehind);
  await Promise.race([work({ atPace }), failed]);
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
