import type { Item } from './items.js';
import type { Tally } from './report.js';
import type { Sink } from './transfer.js';

/** Counts what would come, and reads neither histories nor files. */
export class CountingSink implements Sink {
  constructor(private readonly tally: Tally) {}

  async take(item: Item): Promise<void> {
    switch (item.kind) {
      case 'experiment':
        return this.tally.count('experiments', false);
      case 'run':
        return this.tally.count('runs', false);
      case 'logged model':
        return this.tally.count('loggedModels', false);
      case 'registered model':
        this.tally.add('pointers', item.model.aliases.length);
        return this.tally.count('models', false);
      case 'version':
        return this.tally.count('versions', false);
      case 'end of experiment':
      case 'end of model':
    }
  }
}
