import { type Actor, defaultWorkspace } from '@assay/contracts';
import { Injectable } from '@nestjs/common';
import { type Database, inTransaction, newId, type Session, textArray, type Tx } from '../database/index.js';
import { type RequestContext, requestContext } from '../telemetry/index.js';
import { RefusalLimit } from './refusal-limit.js';

/** One row that a record answers for: its table and its key, as the database trigger spells them. */
export type CoveredRow = readonly [table: string, ...key: string[]];

/** Names a changed row: schema-qualified table, then the primary key columns in order. */
export function row(table: `${string}.${string}`, ...key: (string | number)[]): CoveredRow {
  return [table, ...key.map(String)];
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

export interface AuditEntry {
  /** Past tense, versioned: `registry.version.promoted.v1`. */
  action: `${string}.${string}.v${number}`;
  target: { type: string; id: string; version?: string };
  /** Every changed row of a governed table; the COMMIT is refused if one is missing. */
  covers: readonly CoveredRow[];
  before?: JsonValue;
  after?: JsonValue;
  /** Free text: reaches the leaf only as a salted digest. */
  reason?: string;
  /** Names, addresses, comments by field: reach the leaf only as salted digests, so that they can be erased. */
  personal?: Readonly<Record<string, string>>;
  /** Whose data `personal` is, if it is not the actor's: the key that erasure destroys. */
  subject?: string;
  outcome?: 'success' | 'refused';
  /** Ids of what this belongs to, for example `{ request, policyVersion, job, run }`. */
  links?: Readonly<Record<string, string>>;
}

/** Who a record names: a caller, or nobody known. */
export type AuditedActor = Pick<Actor, 'id' | 'workspace' | 'tokenId' | 'onBehalfOf' | 'job'> & {
  readonly kind: Actor['kind'] | 'anonymous';
};

/** Whoever asked without a credential that proves anything. */
export const anonymousActor: AuditedActor = { id: 'anonymous', kind: 'anonymous', workspace: defaultWorkspace };

/** The request that a record belongs to. */
export type RecordOrigin = Pick<RequestContext, 'requestId' | 'sourceAddress'>;

/** A record that is ready to be written. */
export interface ComposedRecord {
  readonly id: string;
  readonly covers: string;
  readonly record: string;
  readonly personal: string;
}

/**
 * SQL that writes composed records, for a statement that makes their changes as well.
 * @param first number of the first of its parameters, which `AuditClient.columns` gives.
 */
export function insertRecords(first: number): string {
  const given = [0, 1, 2, 3].map((column) => `$${first + column}::text[]`);
  return `insert into audit.inbox (id, covers, record, personal)
    select id, covers::jsonb, record::jsonb, personal::jsonb from unnest(${given.join(', ')}) as given (id, covers, record, personal)`;
}

const insert = { name: 'audit-insert-records', text: insertRecords(1) };

/** Writes audit records: each in the transaction of the change that it tells of. */
@Injectable()
export class AuditClient {
  private readonly refusals = new RefusalLimit();

  /** Records a change in its own transaction and returns the record's id, which the response carries as `Assay-Audit-Id`. */
  async record(tx: Tx, actor: AuditedActor, entry: AuditEntry): Promise<string> {
    const composed = this.compose(actor, entry);
    await this.write(inTransaction(tx), [composed]);
    this.answer(composed);
    return composed.id;
  }

  /** A record of a request's change, for when the changes of several requests are written in one transaction, which is none of theirs. */
  compose(actor: AuditedActor, entry: AuditEntry, origin: RecordOrigin | null = this.origin()): ComposedRecord {
    const record: JsonValue = {
      actor: { id: actor.id, kind: actor.kind, tokenId: actor.tokenId },
      onBehalfOf: actor.onBehalfOf,
      workspace: actor.workspace,
      action: entry.action,
      target: { ...entry.target },
      before: entry.before,
      after: entry.after,
      requestId: origin?.requestId,
      outcome: entry.outcome ?? 'success',
      links: jobLinks(actor, entry.links),
      subject: entry.subject ?? actor.id,
    };
    const personal = {
      ...entry.personal,
      ...(entry.reason ? { reason: entry.reason } : {}),
      ...(origin ? { sourceAddress: origin.sourceAddress } : {}),
    };
    return { id: newId(), covers: storable(entry.covers), record: storable(record), personal: storable(personal) };
  }

  /** The request at hand, as `compose` wants it. */
  origin(): RecordOrigin | null {
    return requestContext.getStore() ?? null;
  }

  /** Writes composed records, in the transaction of the changes that they tell of. */
  async write(session: Session, records: readonly ComposedRecord[]): Promise<void> {
    await session.run(insert, this.columns(records));
  }

  /** Composed records as the parameters of `insertRecords`. */
  columns(records: readonly ComposedRecord[]): Buffer[] {
    return [
      textArray(records.map(({ id }) => id)),
      textArray(records.map(({ covers }) => covers)),
      textArray(records.map(({ record }) => record)),
      textArray(records.map(({ personal }) => personal)),
    ];
  }

  /** Names a composed record in the answer to the request at hand: once it is committed. */
  answer({ id }: ComposedRecord): void {
    requestContext.getStore()?.auditIds.push(id);
  }

  /**
   * Records an attempt that was refused, in a transaction of its own: nothing else changed. At a bounded rate per caller, so that refusals
   * can't flood the log; null when this one was left out.
   */
  async refused(database: Database, actor: AuditedActor, entry: RefusedEntry): Promise<string | null> {
    return this.mayRecord(actor, entry)
      ? database.transaction((tx) => this.record(tx, actor, { ...entry, covers: [], outcome: 'refused' }))
      : null;
  }

  /** As `refused`, inside the caller's transaction, which commits whatever the refusal left to write. */
  async refusedIn(tx: Tx, actor: AuditedActor, entry: RefusedEntry): Promise<string | null> {
    return this.mayRecord(actor, entry) ? this.record(tx, actor, { ...entry, covers: [], outcome: 'refused' }) : null;
  }

  /** Counted by action as well, so that noise of one kind hides none of another. */
  private mayRecord(actor: AuditedActor, { action }: RefusedEntry): boolean {
    const caller = actor.kind === 'anonymous' ? `address ${requestContext.getStore()?.sourceAddress ?? ''}` : actor.id;
    return this.refusals.take(`${action} ${caller}`, performance.now());
  }
}

export type RefusedEntry = Omit<AuditEntry, 'covers' | 'outcome'>;

function jobLinks(actor: AuditedActor, links: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return actor.job ? { job: actor.job.jobId, ...links } : links;
}

/** JSON that Postgres can hold: NUL can't be stored, and is spelled out instead. */
function storable(value: unknown): string {
  return JSON.stringify(value).replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\\\u0000');
}
