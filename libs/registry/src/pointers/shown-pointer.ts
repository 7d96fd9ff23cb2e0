import type { PointerMove as WireMove, PointerState as WirePointer } from '@assay/contracts';
import type { RecordedMove } from './pointer.js';
import type { PointerState } from './pointers.service.js';

/** A pointer as the API answers it. */
export function shownPointer({ model, pointer, version, move }: PointerState): WirePointer {
  return { model, pointer, version: text(version), move: move === null ? null : shownMove(move) };
}

/** A row of the ledger as the API answers it. */
export function shownMove(move: RecordedMove): WireMove {
  const { id, sequence, via, actorId, actorKind, onBehalfOf, reason, requestId, policyVersionIds, evidence } = move;
  return {
    id,
    sequence,
    from: text(move.from),
    to: text(move.to),
    via,
    actor: { id: actorId, kind: actorKind, onBehalfOf },
    reason,
    requestId,
    policyVersionIds: [...policyVersionIds],
    evidence: [...evidence],
    movedAt: move.movedAt.toISOString(),
  };
}

function text(version: number | null): string | null {
  return version === null ? null : String(version);
}
