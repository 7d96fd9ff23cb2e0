import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { HeldStep } from './rollback-target.js';

/** One move of a pointer, with what has become of the version that it went to. */
export interface LedgerStep extends HeldStep {
  /** An approved request put it there. */
  readonly approved: boolean;
  /** The version is still there. */
  readonly kept: boolean;
}

/** A rollback looks at no more moves than these, the newest. */
const maxSteps = 10_000;

@Injectable()
export class RollbackStore {
  /** The moves of a pointer, oldest first. */
  async steps(tx: Tx, modelId: string, pointer: string): Promise<LedgerStep[]> {
    const rows: { to: string | null; isRollback: boolean; approved: boolean; kept: boolean }[] = await tx.query(
      `select l.to_version as to, l.via = 'rollback' as "isRollback", r.id is not null as approved, v.version is not null as kept
         from registry.pointer_move l left join registry.promotion r on r.id = l.request_id and r.state = 'applied'
           left join registry.model_version v on v.model_id = l.model_id and v.version = l.to_version and v.deleted_at is null
         where l.model_id = $1 and l.pointer = $2 order by l.sequence desc limit ${maxSteps}`,
      [modelId, pointer],
    );
    return rows.toReversed().map(({ to, ...rest }) => ({ ...rest, to: to === null ? null : Number(to) }));
  }
}
