import { AppError } from '../http/app-error.js';
import { requestContext } from '../telemetry/index.js';
import { couldNotConnect, isLostConnection } from './lost-connection.js';
import { currentScope, withScope } from './workspace-scope.js';

/** How one call of a batch ended: its answer, or the error that is this call's own. */
export type CallOutcome<Answer> = { readonly answer: Answer } | { readonly error: unknown };

export interface BatcherOptions<Call> {
  /** Batches under way at once: one can be answered while the next is being worked on. */
  readonly lanes: number;
  /** Most weight of one batch; a heavier call goes alone. */
  readonly maxWeight: number;
  /** What a call adds to its batch; 1 unless said. */
  readonly weight?: (call: Call) => number;
  /** Whether a call that is run a second time changes nothing. */
  readonly repeatable: boolean;
  /** Most bytes of calls that wait, of all workspaces together; a call that finds more is told to come again. */
  readonly maxWaitingBytes: number;
  /** About what a call takes in memory; 1 KiB unless said. */
  readonly bytes?: (call: Call) => number;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly bytes: number;
  readonly scope: string | undefined;
  /** It was in a batch that failed: it goes by itself now, to meet its own error. */
  readonly alone: boolean;
  readonly settle: (outcome: CallOutcome<Answer>) => void;
}

/**
 * Lets calls that arrive while a batch is under way go together in the next one: under load one transaction (a group commit) or one statement
 * serves many callers, and without load none of them waits. There is no timer. The calls of a batch are of one workspace, and see its rows alone.
 *
 * `work` runs one batch. Where it writes, it does so in one transaction, answers after the commit, and leaves nothing behind when it throws. It
 * may give a call an error of its own among the outcomes; a call with one must have written nothing. When it throws, the calls are run again one
 * by one, so that each meets its own error: but not where no connection could be had, nor where it was lost, perhaps after the commit, and
 * running a call twice would make two of what it makes.
 */
export class Batcher<Call, Answer> {
  /** What waits, by workspace. Their turns go round, so that a workspace of many calls keeps none of the others waiting for all of them. */
  private readonly queues = new Map<string | undefined, Waiting<Call, Answer>[]>();
  private readonly underWay = new Set<Promise<void>>();
  private scheduled = false;
  private waitingBytes = 0;

  constructor(
    private readonly work: (calls: readonly Call[]) => Promise<readonly CallOutcome<Answer>[]>,
    private readonly options: BatcherOptions<Call>,
  ) {}

  /** @throws {AppError} 429 where too much is waiting already. */
  async submit(call: Call): Promise<Answer> {
    if (this.waitingBytes > this.options.maxWaitingBytes)
      throw new AppError(
        'REQUEST_LIMIT_EXCEEDED',
        'The server has more of these calls than it can take: send it again later.',
      );
    const bytes = this.options.bytes?.(call) ?? 1024;
    this.waitingBytes += bytes;
    return new Promise<Answer>((resolve, reject) => {
      const scope = currentScope();
      const waiting: Waiting<Call, Answer> = {
        call,
        bytes,
        scope,
        alone: false,
        settle: (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.answer)),
      };
      const queue = this.queues.get(scope);
      if (queue === undefined) this.queues.set(scope, [waiting]);
      else queue.push(waiting);
      this.schedule();
    });
  }

  /** Ends once every call has been answered. */
  async drain(): Promise<void> {
    while (this.queues.size > 0 || this.underWay.size > 0) {
      this.start();
      await Promise.all(this.underWay);
    }
  }

  /** Behind the requests that have arrived already, so that they go together. Of no request: a batch belongs to many. */
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
    while (this.queues.size > 0 && this.underWay.size < this.options.lanes) {
      const batch = this.takeBatch();
      const lane: Promise<void> = this.run(batch).finally(() => {
        this.underWay.delete(lane);
        if (this.queues.size > 0) this.schedule();
      });
      this.underWay.add(lane);
    }
  }

  /** As many calls as fit, in their order, of the workspace whose turn it is. */
  private takeBatch(): Waiting<Call, Answer>[] {
    const { maxWeight, weight = () => 1 } = this.options;
    const [next] = this.queues;
    if (next === undefined) return [];
    const [scope, queue] = next;
    let total = 0;
    const full = queue.findIndex(({ call, alone }, place) => {
      total += weight(call);
      return place > 0 && (alone || queue[0]?.alone || total > maxWeight);
    });
    const taken = queue.splice(0, full === -1 ? queue.length : full);
    this.queues.delete(scope);
    if (queue.length > 0) this.queues.set(scope, queue); // behind the others
    for (const { bytes } of taken) this.waitingBytes -= bytes;
    return taken;
  }

  private async run(batch: readonly Waiting<Call, Answer>[]): Promise<void> {
    try {
      const outcomes = await withScope(batch[0]?.scope, () => this.work(batch.map(({ call }) => call)));
      batch.forEach(({ settle }, place) => settle(outcomes[place] ?? { error: new Error('a call got no outcome') }));
    } catch (error) {
      const mayBeThere = isLostConnection(error) && !this.options.repeatable;
      if (mayBeThere || couldNotConnect(error) || batch.length === 1) for (const { settle } of batch) settle({ error });
      else this.putBack(batch);
    }
  }

  /** Ahead of what else waits there: they are run one by one, and the other workspaces have their turns in between. */
  private putBack(batch: readonly Waiting<Call, Answer>[]): void {
    const scope = batch[0]?.scope;
    this.queues.set(scope, [...batch.map((each) => ({ ...each, alone: true })), ...(this.queues.get(scope) ?? [])]);
    for (const { bytes } of batch) this.waitingBytes += bytes;
  }
}
