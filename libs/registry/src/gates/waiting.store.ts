import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const atOnce = 200;

/** Requests whose gates can't be evaluated yet. */
@Injectable()
export class WaitingStore {
  /** Oldest change first; with `pending` only those whose missing facts the platform itself is to make. */
  async checking(tx: Tx, pending: boolean): Promise<{ id: string; workspace: string }[]> {
    return tx.query(
      `select id, workspace from registry.promotion
         where state = 'checking' and (not $1::boolean or gates @> '[{"pending": true}]') order by updated_at, id limit $2`,
      [pending, atOnce],
    );
  }
}
