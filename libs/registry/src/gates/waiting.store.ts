import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const atOnce = 200;

/** Requests whose gates can't be evaluated yet. */
@Injectable()
export class WaitingStore {
  /** Some of them by id, behind one; with `pending` only those whose missing facts the platform itself is to make. */
  async checking(tx: Tx, pending: boolean, afterId: string): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select id, workspace from registry.promotion
         where state = 'checking' and (not $1::boolean or gates @> '[{"pending": true}]') and id > $2 order by id limit $3`,
      [pending, afterId, atOnce],
    );
  }
}
