import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const tables = {
  promotion: 'registry.promotion',
  'break-glass': 'registry.break_glass',
  evaluation: 'registry.evaluation',
} as const;

/** By which name the model goes today that something with an id of its own is about. */
@Injectable()
export class ModelsBehindStore {
  async namesOf(tx: Tx, kind: keyof typeof tables, workspace: string, id: string): Promise<string[]> {
    const rows: { name: string }[] = await tx.query(
      `select m.name from ${tables[kind]} t join registry.registered_model m on m.id = t.model_id where t.workspace = $1 and t.id = $2`,
      [workspace, id],
    );
    return rows.map(({ name }) => name);
  }
}
