import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const things = {
  promotion: 'registry.promotion t join registry.promotion_move w on w.promotion_id = t.id',
  'break-glass': 'registry.break_glass t',
  evaluation: 'registry.evaluation t',
} as const;
const modelOf = { promotion: 'w.model_id', 'break-glass': 't.model_id', evaluation: 't.model_id' } as const;

/** By which names the models go today that something with an id of its own is about. */
@Injectable()
export class ModelsBehindStore {
  async namesOf(tx: Tx, kind: keyof typeof things, workspace: string, id: string): Promise<string[]> {
    const rows: { name: string }[] = await tx.query(
      `select distinct m.name from ${things[kind]} join registry.registered_model m on m.id = ${modelOf[kind]} where t.workspace = $1 and t.id = $2`,
      [workspace, id],
    );
    return rows.map(({ name }) => name);
  }
}
