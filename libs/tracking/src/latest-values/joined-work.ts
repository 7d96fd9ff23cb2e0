import { ofNoRequest } from '@assay/platform/database';
import { Turns } from '../sending/turns.js';

interface Pending {
  begun: boolean;
  readonly ended: Promise<void>;
}

/**
 * Does work for many callers at once: whoever asks for what has not begun yet joins it, and whoever comes later waits for another time, so that
 * all work that somebody waits for began after they asked. What is done under one key goes one after the other; of different keys so many at once.
 * It is done for no request in particular: of whoever came first it knows the workspace, no more. So a key is of one workspace.
 */
export class JoinedWork {
  private readonly newest = new Map<string, Pending>();
  private readonly turns: Turns;

  constructor(keysAtOnce: number) {
    this.turns = new Turns(keysAtOnce);
  }

  async join(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.newest.get(key);
    if (before?.begun === false) return before.ended;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const mine: Pending = { begun: false, ended: promise };
    this.newest.set(key, mine);
    const done = async (): Promise<void> => {
      await before?.ended.catch(() => undefined); // told to those who asked for it
      await this.turns.take(async () => {
        mine.begun = true;
        await work();
      });
    };
    ofNoRequest(done)
      .finally(() => {
        if (this.newest.get(key) === mine) this.newest.delete(key);
      })
      .then(resolve, reject);
    return promise;
  }
}
