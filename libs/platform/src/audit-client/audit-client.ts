import type { Actor } from '@assay/contracts';
import { Injectable } from '@nestjs/common';
import { type Database, type Tx, newId } from '../database/index.js';
import { requestContext } from '../telemetry/index.js';

/** One row that a record answers for: its table and its key, as the database trigger spells them. */
export type CoveredRow = readonly [table: string, ...key: string[]];

/** Names a changed row: schema-qualified table, then the primary key columns in order. */
export function row(table: `${string}.${string}`, ...key: (string | number)[]): CoveredRow {
  return [table, ...key.map(String)];
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

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

/** Writes audit records: each in the transaction of the change that it tells of. */
@Injectable()
export class AuditClient {
  /** Records a change in its own transaction and returns the record's id, which the response carries as `Assay-Audit-Id`. */
  async record(tx: Tx, actor: Actor, entry: AuditEntry): Promise<string> {
    const id = newId();
    const context = requestContext.getStore();
    const record: JsonValue = {
      actor: { id: actor.id, kind: actor.kind, tokenId: actor.tokenId },
      onBehalfOf: actor.onBehalfOf,
      workspace: actor.workspace,
      action: entry.action,
      target: { ...entry.target },
      before: entry.before,
      after: entry.after,
      requestId: context?.requestId,
      outcome: entry.outcome ?? 'success',
      links: jobLinks(actor, entry.links),
      subject: entry.subject ?? actor.id,
    };
    const personal = { ...entry.personal, ...(entry.reason ? { reason: entry.reason } : {}), ...(context ? { sourceAddress: context.sourceAddress } : {}) };
    await tx.query('insert into audit.inbox (id, covers, record, personal) values ($1, $2, $3, $4)', [
      id,
      storable(entry.covers),
      storable(record),
      storable(personal),
    ]);
    context?.auditIds.push(id);
    return id;
  }

  /** Records an attempt that was refused, in a transaction of its own: nothing else changed. */
  async refused(database: Database, actor: Actor, entry: Omit<AuditEntry, 'covers' | 'outcome'>): Promise<string> {
    return database.transaction((tx) => this.record(tx, actor, { ...entry, covers: [], outcome: 'refused' }));
  }
}

function jobLinks(actor: Actor, links: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return actor.job ? { job: actor.job.jobId, ...links } : links;
}

/** JSON that Postgres can hold: NUL can't be stored, and is spelled out instead. */
function storable(value: unknown): string {
  return JSON.stringify(value).replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\\\u0000');
}
