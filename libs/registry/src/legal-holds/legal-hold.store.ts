import { type LegalHold, type LegalHoldKind, legalHoldKinds, type LegalHoldListRequest } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { RunLinks } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const holdRow = z
  .object({
    id: z.string(),
    kind: z.enum(legalHoldKinds),
    subject_id: z.string(),
    subject_name: z.string(),
    reason: z.string(),
    set_by: z.string(),
    set_at: z.date(),
    lifted_by: z.string().nullable(),
    lifted_at: z.date().nullable(),
    lift_reason: z.string().nullable(),
  })
  .transform((row): LegalHold => {
    const { lifted_by: by, lifted_at: at, lift_reason: reason } = row;
    return {
      id: row.id,
      kind: row.kind,
      subject: row.subject_name,
      subjectId: row.subject_id,
      reason: row.reason,
      setBy: row.set_by,
      setAt: row.set_at.toISOString(),
      lifted: by === null || at === null || reason === null ? null : { by, at: at.toISOString(), reason },
    };
  });

@Injectable()
export class LegalHoldStore {
  private readonly runs = new RunLinks();

  async insert(tx: Tx, workspace: string, hold: LegalHold): Promise<void> {
    await tx.query(
      `insert into registry.legal_hold (id, workspace, kind, subject_id, subject_name, reason, set_by, set_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [hold.id, workspace, hold.kind, hold.subjectId, hold.subject, hold.reason, hold.setBy, hold.setAt],
    );
  }

  async find(tx: Tx, workspace: string, id: string): Promise<LegalHold | null> {
    return one(await tx.query('select * from registry.legal_hold where workspace = $1 and id = $2', [workspace, id]));
  }

  /** As `find`, held until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<LegalHold | null> {
    const sql = 'select * from registry.legal_hold where workspace = $1 and id = $2 for update';
    return one(await tx.query(sql, [workspace, id]));
  }

  async lift(tx: Tx, id: string, lifted: NonNullable<LegalHold['lifted']>): Promise<void> {
    await tx.query('update registry.legal_hold set lifted_by = $2, lifted_at = $3, lift_reason = $4 where id = $1', [
      id,
      lifted.by,
      lifted.at,
      lifted.reason,
    ]);
  }

  async list(tx: Tx, workspace: string, { kind, state, limit, before }: LegalHoldListRequest): Promise<LegalHold[]> {
    const rows: unknown[] = await tx.query(
      `select * from registry.legal_hold where workspace = $1 and ($2::text is null or kind = $2) and ($3 or lifted_at is null)
         and ($4::text is null or id < $4) order by id desc limit $5`,
      [workspace, kind ?? null, state === 'all', before ?? null, limit],
    );
    return rows.map((row) => holdRow.parse(row));
  }

  /** A thing that can be held, kept as it is until the transaction ends: its id, or null when there is none. Deleted runs are still there. */
  async lockSubject(tx: Tx, workspace: string, kind: LegalHoldKind, subject: string): Promise<string | null> {
    if (kind === 'run') return (await this.runs.lock(tx, workspace, subject)) ? subject : null;
    if (kind === 'evaluation-dataset')
      return (await this.runs.lockEvaluationDataset(tx, workspace, subject)) ? subject : null;
    const rows: { id: string }[] = await tx.query(
      kind === 'model'
        ? 'select id from registry.registered_model where workspace = $1 and name = $2 and deleted_at is null for update'
        : 'select id from registry.dataset where workspace = $1 and name = $2 and last_version > 0 for update',
      [workspace, subject],
    );
    return rows[0]?.id ?? null;
  }
}

function one(rows: readonly unknown[]): LegalHold | null {
  return rows.length === 0 ? null : holdRow.parse(rows[0]);
}
