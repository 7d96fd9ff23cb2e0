import { type ModelGrantRecord, modelGrant } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const grantRow = modelGrant.extend({ createdAt: z.date().transform((at) => at.toISOString()) });

const columns = `id, subject_kind as "subjectKind", subject, name_pattern as pattern, permissions, effect, created_by as "createdBy", created_at as "createdAt"`;

@Injectable()
export class ModelGrantStore {
  async list(tx: Tx, workspace: string): Promise<ModelGrantRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from access.model_grant where workspace = $1 order by created_at, id limit 10000`,
      [workspace],
    );
    return rows.map((row) => grantRow.parse(row));
  }

  async insert(tx: Tx, workspace: string, grant: ModelGrantRecord): Promise<void> {
    await tx.query(
      `insert into access.model_grant (id, workspace, subject_kind, subject, name_pattern, permissions, effect, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)`,
      [
        grant.id,
        workspace,
        grant.subjectKind,
        grant.subject,
        grant.pattern,
        JSON.stringify(grant.permissions),
        grant.effect,
        grant.createdBy,
        grant.createdAt,
      ],
    );
  }

  /** Takes a grant back and answers what it was; null where there is none. */
  async delete(tx: Tx, workspace: string, id: string): Promise<ModelGrantRecord | null> {
    const [rows]: [unknown[], number] = await tx.query(
      `delete from access.model_grant where workspace = $1 and id = $2 returning ${columns}`,
      [workspace, id],
    );
    return rows.length === 0 ? null : grantRow.parse(rows[0]);
  }
}
