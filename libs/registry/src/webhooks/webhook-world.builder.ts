import { Subscription } from '@assay/audit-reads';
import { type Database, databaseToken } from '@assay/platform/database';
import { QueueDeliveries } from './queue-deliveries.js';
import { Receiver } from './receiver.builder.js';
import { sequenceInbox } from './sequence-inbox.builder.js';

type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of every shape, each looked into once
) => Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: any }>;

export interface RunningPlatform {
  readonly call: Call;
  get<T>(token: (abstract new (...args: never[]) => T) | string): T;
}

/** The platform's own API of webhooks. */
export const ownPath = '/api/v1/webhooks';

/** A test's webhooks: a receiver that they are sent to, and what the sequencer would do with the records that they come from. */
export class WebhookWorld {
  readonly receiver = new Receiver();

  constructor(
    private readonly query: Query,
    private readonly platform: RunningPlatform,
  ) {}

  async open(): Promise<void> {
    await this.receiver.listen();
    await this.catchUp(); // opens the cursor
  }

  /** Does what the sequencer does with the waiting records, then lets the subscriber follow. */
  async catchUp(): Promise<void> {
    await sequenceInbox(this.query);
    const registry = this.platform.get<Database>(databaseToken('registry'));
    await new Subscription(registry, this.platform.get(QueueDeliveries).subscription()).drain();
  }

  /** Makes a webhook of the receiver; answers its id. */
  async listen(events: readonly string[], more: object = {}): Promise<string> {
    const made = await this.platform.call('POST', ownPath, { name: 'hook', url: this.receiver.url, events, ...more });
    if (made.status !== 201) throw new Error(`no webhook was made: ${JSON.stringify(made.body)}`);
    return made.body.id;
  }

  /** What is in a webhook's log, newest first. */
  async deliveries(id: string): Promise<Record<string, unknown>[]> {
    return (await this.platform.call('GET', `${ownPath}/${id}/deliveries`)).body.deliveries;
  }

  /** How many of them have come to an end. */
  async ended(id: string): Promise<number> {
    return (await this.deliveries(id)).filter(({ state }) => state !== 'waiting').length;
  }

  /** Between two tests: no webhook, nothing received, and a receiver that thanks. */
  async clear(): Promise<void> {
    const { body } = await this.platform.call('GET', ownPath);
    for (const { id } of body.webhooks) await this.platform.call('DELETE', `${ownPath}/${id}`);
    this.receiver.received.length = 0;
    this.receiver.answer = (response) => response.end('thanks');
  }
}
