import { Injectable } from '@nestjs/common';

/**
 * What this process remembers of rows. Whoever keeps such a memory for longer than a request says here how to drop it; it is dropped when the
 * tables are emptied under the running process, which only the testing reset does.
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
