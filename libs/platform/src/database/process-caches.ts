import { Injectable } from '@nestjs/common';

/**
 * What this process remembers of rows. Whoever keeps such a memory for longer than a request says here how to drop it. It is dropped when a
 * connection to Postgres is lost (another server may take over, without the last commits of the first one), and by the testing reset, which
 * empties the tables under the running process.
 */
@Injectable()
export class ProcessCaches {
  private readonly drops: (() => void)[] = [];

  /** Adds a memory: `drop` forgets all of it, at once. */
  add(drop: () => void): void {
    this.drops.push(drop);
  }

  dropAll(): void {
    for (const drop of this.drops) drop();
  }
}
