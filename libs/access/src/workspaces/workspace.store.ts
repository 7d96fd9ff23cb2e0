import { type Role, roles } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

export interface WorkspaceRecord {
  name: string;
  createdAt: Date;
}

const memberRow = z.object({ personId: z.string(), name: z.string(), roles: z.array(z.enum(roles)) });

@Injectable()
export class WorkspaceStore {
  /** All workspaces, or those that a person is a member of. */
  async list(tx: Tx, personId: string | null): Promise<WorkspaceRecord[]> {
    return tx.query(
      `select w.id as name, w.created_at as "createdAt" from access.workspace w
         where $1::text is null or exists (select from access.membership m where m.person_id = $1 and m.workspace = w.id)
         order by w.id limit 10000`,
      [personId],
    );
  }

  async exists(tx: Tx, name: string): Promise<boolean> {
    const rows: unknown[] = await tx.query('select from access.workspace where id = $1', [name]);
    return rows.length > 0;
  }

  /** False where the name is taken. */
  async insert(tx: Tx, { name, createdAt }: WorkspaceRecord): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'insert into access.workspace (id, created_at) values ($1, $2) on conflict (id) do nothing returning id',
      [name, createdAt],
    );
    return rows.length > 0;
  }

  async members(tx: Tx, workspace: string): Promise<{ personId: string; name: string; roles: Role[] }[]> {
    const rows: unknown[] = await tx.query(
      `select p.id as "personId", p.name, jsonb_agg(m.role order by m.role) as roles
         from access.membership m join access.person p on p.id = m.person_id
         where m.workspace = $1 group by p.id, p.name order by p.name, p.id limit 10000`,
      [workspace],
    );
    return rows.map((row) => memberRow.parse(row));
  }
}
