import { webhookEvents } from '@assay/contracts';
import { newId, type Session, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type DeliveryRecord, deliveryStates, type Message } from './webhook.js';

const count = z.union([z.string(), z.number()]).transform(Number);
const deliveryRow = z.object({
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  part: count,
  event: z.enum(webhookEvents),
  body: z.string(),
  models: z.array(z.string()),
  state: z.enum(deliveryStates),
  attempts: count,
  nextAttemptAt: z.date().nullable(),
  responseStatus: count.nullable(),
  responseBody: z.string().nullable(),
  error: z.string().nullable(),
  replayOf: z.string().nullable(),
  createdAt: z.date(),
});

const columns = `d.id, d.webhook_id as "webhookId", d.event_id as "eventId", d.part, d.event, d.body, d.models, d.state, d.attempts, d.next_attempt_at as "nextAttemptAt",
  d.response_status as "responseStatus", d.response_body as "responseBody", d.error, d.replay_of as "replayOf", d.created_at as "createdAt"`;

/** Asked twice a second, and mostly in vain: one round trip. */
const takeDue = {
  name: 'take_webhook_deliveries',
  text: `update registry.webhook_delivery d set attempts = attempts + 1, next_attempt_at = now() + $5::double precision * interval '1 millisecond'
    from (
      select due.id from registry.webhook w cross join lateral (
        select id, next_attempt_at from registry.webhook_delivery where webhook_id = w.id and state = 'waiting' and next_attempt_at <= now() and attempts < $4
          order by next_attempt_at limit greatest($2::int - cardinality(array_positions($3::text[], w.id)), 0) for update skip locked
      ) due where w.status = 'ACTIVE' and w.deleted_at is null
        order by cardinality(array_positions($3::text[], w.id)), due.next_attempt_at limit $1
    ) taken where d.id = taken.id returning ${columns}`,
};

/** What came of an attempt, and what is to follow: another one after `retryInMs`, or an end. */
export interface AttemptResult {
  readonly state: DeliveryRecord['state'];
  readonly retryInMs: number | null;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly error: string | null;
}

@Injectable()
export class DeliveryStore {
  /** Puts what an event tells a webhook into its log; what stands there already stays as it is. */
  async append(tx: Tx, webhookId: string, eventId: string, messages: readonly Message[]): Promise<void> {
    await tx.query(
      `insert into registry.webhook_delivery (id, webhook_id, event_id, part, event, body, models, state, attempts, next_attempt_at, created_at)
         select m.id, $1, $2, m.part - 1, m.event, m.body, m.models, 'waiting', 0, now(), now()
           from unnest($3::text[], $4::text[], $5::text[], $6::jsonb[]) with ordinality as m (id, event, body, models, part)
         on conflict (webhook_id, event_id, part) where replay_of is null do nothing`,
      [
        webhookId,
        eventId,
        messages.map(() => newId()),
        messages.map(({ event }) => event),
        messages.map(({ body }) => body),
        messages.map(({ models }) => JSON.stringify(models)),
      ],
    );
  }

  /** The same message again, as a delivery of its own. */
  async replay(tx: Tx, delivery: DeliveryRecord): Promise<DeliveryRecord> {
    const rows: unknown[] = await tx.query(
      `insert into registry.webhook_delivery as d (id, webhook_id, event_id, part, event, body, models, state, attempts, next_attempt_at, replay_of, created_at)
         values ($1, $2, $3, $4, $5, $6, $8, 'waiting', 0, now(), $7, now()) returning ${columns}`,
      [
        newId(),
        delivery.webhookId,
        delivery.eventId,
        delivery.part,
        delivery.event,
        delivery.body,
        delivery.id,
        JSON.stringify(delivery.models),
      ],
    );
    return deliveryRow.parse(rows[0]);
  }

  /**
   * Takes deliveries that are due, a few of each active webhook and first of those that have the fewest under way, so that slow ones hold up
   * no other, however much waits for them. Their next attempt moves `leaseMs` ahead:
   * a process that dies leaves them to whoever looks then. Rows that another process is taking are passed over.
   */
  async claim(
    session: Session,
    order: { limit: number; perWebhook: number; running: readonly string[]; maxAttempts: number; leaseMs: number },
  ): Promise<DeliveryRecord[]> {
    const { limit, perWebhook, running, maxAttempts, leaseMs } = order;
    const rows = await session.run(takeDue, [limit, perWebhook, running, maxAttempts, leaseMs]);
    return rows.map((row) => deliveryRow.parse(row));
  }

  /** Writes down what came of an attempt, unless a later one has begun since: the number of attempts is its fence. */
  async finish(
    tx: Tx,
    { id, attempts }: Pick<DeliveryRecord, 'id' | 'attempts'>,
    result: AttemptResult,
  ): Promise<void> {
    await tx.query(
      `update registry.webhook_delivery set state = $3, next_attempt_at = now() + $4::double precision * interval '1 millisecond',
           response_status = $5, response_body = $6, error = $7, ended_at = case when $3 = 'waiting' then null else now() end
         where id = $1 and attempts = $2 and state = 'waiting'`,
      [id, attempts, result.state, result.retryInMs, result.responseStatus, result.responseBody, result.error],
    );
  }

  /** Ends what no attempt is left for, and what has waited for a week for its webhook to be switched on again. */
  async giveUp(tx: Tx, maxAttempts: number): Promise<void> {
    await tx.query(
      `update registry.webhook_delivery set state = 'failed', next_attempt_at = null, ended_at = now(),
           error = coalesce(error, 'the attempt was cut off')
         where state = 'waiting' and next_attempt_at <= now() and (attempts >= $1 or created_at < now() - interval '7 days')`,
      [maxAttempts],
    );
  }

  /** Ends what still waits for a webhook that is no more. */
  async endWaiting(tx: Tx, webhookId: string, error: string): Promise<void> {
    await tx.query(
      `update registry.webhook_delivery set state = 'failed', next_attempt_at = null, ended_at = now(), error = $2
         where webhook_id = $1 and state = 'waiting'`,
      [webhookId, error],
    );
  }

  /** Ended deliveries go after a while: the audit log remembers what they told of. */
  async prune(tx: Tx, keepDays: number): Promise<void> {
    await tx.query(`delete from registry.webhook_delivery where ended_at < now() - $1 * interval '1 day'`, [keepDays]);
  }

  async find(tx: Tx, webhookId: string, id: string): Promise<DeliveryRecord | null> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook_delivery d where d.webhook_id = $1 and d.id = $2`,
      [webhookId, id],
    );
    return rows.length === 0 ? null : deliveryRow.parse(rows[0]);
  }

  async list(
    tx: Tx,
    webhookId: string,
    page: { state: string | null; limit: number; before: string | null },
  ): Promise<DeliveryRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook_delivery d where d.webhook_id = $1 and ($2::text is null or d.state = $2)
         and ($3::text is null or d.id < $3) order by d.id desc limit $4`,
      [webhookId, page.state, page.before, page.limit],
    );
    return rows.map((row) => deliveryRow.parse(row));
  }
}
