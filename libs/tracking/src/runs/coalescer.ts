/** Statements under way at once: one can be answered while the next is being read. */
const mostUnderWay = 2;
const mostTogether = 100;

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers many small questions by few statements: a question goes out at once while there is room, and those that come meanwhile go together
 * next. Nobody waits for a timer. `load` answers in the order of the keys.
 */
export class Coalescer<Key, Value> {
  private readonly waiting: Waiting<Key, Value>[] = [];
  private underWay = 0;

  constructor(private readonly load: (keys: readonly Key[]) => Promise<readonly Value[]>) {}

  ask(key: Key): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.waiting.push({ key, resolve, reject });
    this.next();
    return promise;
  }

  private next(): void {
    if (this.underWay === mostUnderWay || this.waiting.length === 0) return;
    this.underWay += 1;
    void this.answer(this.waiting.splice(0, mostTogether));
  }

  private async answer(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await this.load(batch.map(({ key }) => key));
      if (values.length !== batch.length) throw new Error('one answer for each key is needed');
      for (const [place, value] of values.entries()) batch[place]?.resolve(value);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.underWay -= 1;
      this.next();
    }
  }
}
