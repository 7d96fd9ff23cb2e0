import { serviceAccountRoles } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const serviceAccountRow = z.object({
  id: z.string(),
  workspace: z.string(),
  name: z.string(),
  roles: z.array(z.enum(serviceAccountRoles)),
  createdBy: z.string(),
  createdAt: z.date(),
  disabledAt: z.date().nullable(),
});

export type ServiceAccountRecord = z.infer<typeof serviceAccountRow>;

const select = `select id, workspace, name, roles, created_by as "createdBy", created_at as "createdAt", disabled_at as "disabledAt"
  from access.service_account`;

@Injectable()
export class ServiceAccountStore {
  async list(tx: Tx, workspace: string): Promise<ServiceAccountRecord[]> {
    const rows: unknown[] = await tx.query(`${select} where workspace = $1 order by name limit 10000`, [workspace]);
    return rows.map((row) => serviceAccountRow.parse(row));
  }

  async find(tx: Tx, workspace: string, id: string): Promise<ServiceAccountRecord | null> {
    return one(await tx.query(`${select} where workspace = $1 and id = $2`, [workspace, id]));
  }

  /** The same, and nobody else changes it until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<ServiceAccountRecord | null> {
    return one(await tx.query(`${select} where workspace = $1 and id = $2 for update`, [workspace, id]));
  }

  /** Adds an account; false where the workspace has one of that name. */
  async insert(tx: Tx, account: Omit<ServiceAccountRecord, 'disabledAt'>): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into access.service_account (id, workspace, name, roles, created_by, created_at) values ($1, $2, $3, $4::jsonb, $5, $6)
         on conflict (workspace, name) do nothing returning id`,
      [
        account.id,
        account.workspace,
        account.name,
        JSON.stringify(account.roles),
        account.createdBy,
        account.createdAt,
      ],
    );
    return rows.length > 0;
  }

  async update(
    tx: Tx,
    account: Pick<ServiceAccountRecord, 'id' | 'roles'> & { disabledAt: Date | null },
  ): Promise<void> {
    await tx.query('update access.service_account set roles = $2::jsonb, disabled_at = $3 where id = $1', [
      account.id,
      JSON.stringify(account.roles),
      account.disabledAt,
    ]);
  }
}

function one(rows: readonly unknown[]): ServiceAccountRecord | null {
  return rows.length === 0 ? null : serviceAccountRow.parse(rows[0]);
}
