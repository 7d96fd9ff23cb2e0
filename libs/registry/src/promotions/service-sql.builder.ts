import type { TestDatabase } from '@assay/testing';
import pg from 'pg';

export type Statement = readonly [sql: string, ...values: unknown[]];

/** Statements of the registry's own role, with forged records, as somebody would write them who holds its password and knows the code. */
export class ServiceSql {
  constructor(private readonly database: TestDatabase) {}

  /** In one transaction. */
  async run(...statements: readonly Statement[]): Promise<void> {
    const client = await this.connect();
    try {
      await client.query('begin');
      for (const [sql, ...values] of statements) await client.query(sql, values);
      await client.query('commit');
    } finally {
      await client.end();
    }
  }

  /** A connection of its own, for the caller to end. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.database.urls.registry,
      options: '-c assay.workspace=*',
    });
    await client.connect();
    return client;
  }
}

/** An audit record that names rows and says nothing. */
export function recorded(...covers: readonly (readonly string[])[]): Statement {
  return [
    `insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`,
    `forged-${Math.random()}`,
    JSON.stringify(covers),
  ];
}

export interface ForgedDecision {
  readonly id: string;
  readonly request: { readonly id: string; readonly binding: string };
  readonly by: string;
  readonly voided?: boolean;
  readonly kind?: string;
  /** Role under which it is to count in every policy of the request. */
  readonly as?: string;
}

export function decision({ id, request, by, voided = false, kind = 'approve', as = 'approver' }: ForgedDecision) {
  const row: Statement = [
    `insert into registry.promotion_decision (id, promotion_id, decision, actor_id, role, comment, credential, binding, decided_at, voided_at, counts)
       select $1, $2, $6, $3, 'approver', 'c', 'password', $4, now(), case when $5::boolean then now() end,
         (select jsonb_object_agg(policy_version_id, $7::text) from registry.promotion_policy where promotion_id = $2)`,
    id,
    request.id,
    by,
    request.binding,
    voided,
    kind,
    as,
  ];
  return [recorded(['registry.promotion_decision', id]), row];
}

export interface ForgedMove {
  readonly modelId: string;
  readonly pointer: string;
  readonly version: number;
  /** What the ledger is to name. */
  readonly request: string | null;
  readonly via?: string;
  readonly by?: string;
}

/** The rows of a move, as the service would write them. */
export function move({ modelId, pointer, version, request, via = 'promotion', by = 'eve' }: ForgedMove): Statement[] {
  const id = `m-${modelId}-${pointer}-${version}-${Math.random()}`;
  return [
    recorded(['registry.pointer', modelId, pointer], ['registry.pointer_move', id]),
    [
      `insert into registry.pointer (model_id, name, version, sequence, moved_at) values ($1, $2, null, 0, now()) on conflict do nothing`,
      modelId,
      pointer,
    ],
    [
      `insert into registry.pointer_move (id, model_id, pointer, sequence, from_version, to_version, via, actor_id, actor_kind, request_id, evidence, moved_at)
         select $1, model_id, name, sequence + 1, version, $3, $6, $7, 'person', $4, '[]', moved_at + interval '1 second'
           from registry.pointer where model_id = $2 and name = $5`,
      id,
      modelId,
      version,
      request,
      pointer,
      via,
      by,
    ],
    [
      `update registry.pointer set version = $2, sequence = sequence + 1, moved_at = moved_at + interval '1 second' where model_id = $1 and name = $3`,
      modelId,
      version,
      pointer,
    ],
  ];
}

/** A request's step to another state, with its record. */
export function step(id: string, to: string): Statement[] {
  return [
    recorded(['registry.promotion', id]),
    ['update registry.promotion set state = $2, updated_at = now() where id = $1', id, to],
  ];
}
