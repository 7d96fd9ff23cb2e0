import { requestContext } from '../telemetry/index.js';
import { isLostConnection } from './lost-connection.js';

/** How one call of a group ended: its answer, or the error that is this call's own. */
export type CallOutcome<Answer> = { readonly answer: Answer } | { readonly error: unknown };

export interface GroupCommitOptions<Call> {
  /** Groups on their way at once. */
  readonly lanes: number;
  /** Most weight of one group; a heavier call goes alone. */
  readonly maxWeight: number;
  /** Whether a call that is run a second time changes nothing. */
  readonly repeatable: boolean;
  /** What a call adds to its group; 1 unless said. */
  readonly weight?: (call: Call) => number;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly settle: (outcome: CallOutcome<Answer>) => void;
}

/**
 * Lets calls that arrive while a commit is under way share the next one: under load, one transaction serves many callers, and without load
 * none of them waits. No call is answered before its transaction has committed.
 *
 * `write` runs one group in one transaction, and must leave nothing behind when it throws. It may give a call an error of its own among the
 * outcomes; a call with one must have written nothing. When it throws, the calls are run again one by one, so that each meets its own error:
 * but not where the connection was lost, perhaps after the commit, and running a call twice would make two of what it makes.
 */
export class GroupCommit<Call, Answer> {
  private readonly queue: Waiting<Call, Answer>[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private scheduled = false;

  constructor(
    private readonly write: (calls: readonly Call[]) => Promise<readonly CallOutcome<Answer>[]>,
    private readonly options: GroupCommitOptions<Call>,
  ) {}

  submit(call: Call): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.queue.push({
        call,
        settle: (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.answer)),
      });
      this.schedule();
    });
  }

  /** Ends once every call has been answered. */
  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.underWay.size > 0) {
      this.start();
      await Promise.all(this.underWay);
    }
  }

  /** Behind the requests that have arrived already, so that they go together. Of no request: a group belongs to many. */
  private schedule(): void {
    if (this.scheduled || this.underWay.size >= this.options.lanes) return;
    this.scheduled = true;
    requestContext.exit(() =>
      setImmediate(() => {
        this.scheduled = false;
        this.start();
      }),
    );
  }

  private start(): void {
    while (this.queue.length > 0 && this.underWay.size < this.options.lanes) {
      const group = this.takeGroup();
      const lane: Promise<void> = this.commit(group).finally(() => {
        this.underWay.delete(lane);
        if (this.queue.length > 0) this.schedule();
      });
      this.underWay.add(lane);
    }
  }

  private takeGroup(): Waiting<Call, Answer>[] {
    const { maxWeight, weight = () => 1 } = this.options;
    let total = 0;
    const end = this.queue.findIndex(({ call }, place) => {
      total += weight(call);
      return place > 0 && total > maxWeight;
    });
    return this.queue.splice(0, end === -1 ? this.queue.length : end);
  }

  private async commit(group: readonly Waiting<Call, Answer>[]): Promise<void> {
    try {
      const outcomes = await this.write(group.map(({ call }) => call));
      group.forEach(({ settle }, place) => settle(outcomes[place] ?? { error: new Error('a call got no outcome') }));
    } catch (error) {
      const mayBeThere = isLostConnection(error) && !this.options.repeatable;
      if (mayBeThere || group.length === 1) for (const { settle } of group) settle({ error });
      else for (const each of group) await this.commit([each]);
    }
  }
}
