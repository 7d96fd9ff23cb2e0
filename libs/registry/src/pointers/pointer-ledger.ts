import type { Actor } from '@assay/contracts';
import { type CoveredRow, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PointerGuard } from './pointer-guard.js';
import type { PointerMove, RecordedMove } from './pointer.js';
import { PointerStore } from './pointer.store.js';

/**
 * Moves pointers under lock, compares what they hold, asks the guard, and writes the ledger. Everything that moves a pointer goes
 * through here; the caller records the change and holds the versions that it points to.
 */
@Injectable()
export class PointerLedger {
  constructor(
    private readonly pointers: PointerStore,
    private readonly guard: PointerGuard,
  ) {}

  /** All moves or none, in one order for everybody, so that two sets of moves can't wait for each other in a circle. */
  async apply(tx: Tx, actor: Actor, moves: readonly PointerMove[]): Promise<RecordedMove[]> {
    const ordered = moves.toSorted((a, b) => compare(a.modelId, b.modelId) || compare(a.pointer, b.pointer));
    for (const [index, move] of ordered.entries()) {
      const next = ordered[index + 1];
      if (next?.modelId === move.modelId && next.pointer === move.pointer) {
        throw new AppError('INVALID_PARAMETER_VALUE', `The pointer '${move.pointer}' is moved twice in one step.`);
      }
    }
    const recorded: RecordedMove[] = [];
    for (const move of ordered) {
      const done = await this.#applyOne(tx, actor, move);
      if (done !== null) recorded.push(done);
    }
    return recorded;
  }

  /** The move that put a pointer where it is; null before the first one. */
  async lastMove(tx: Tx, modelId: string, pointer: string): Promise<RecordedMove | null> {
    return this.pointers.lastMove(tx, modelId, pointer, null);
  }

  /** Empties every pointer of a model that holds something, or that holds one version of it. */
  async clear(
    tx: Tx,
    actor: Actor,
    held: { modelId: string; version?: number; via: 'version-delete' | 'model-delete' },
  ): Promise<RecordedMove[]> {
    const pointers = await this.pointers.held(tx, held.modelId, held.version);
    return this.apply(
      tx,
      actor,
      pointers.map(({ name }) => ({ modelId: held.modelId, pointer: name, to: null, via: held.via })),
    );
  }

  /** As the guard's: @throws PERMISSION_DENIED while a policy guards a pointer of the model. */
  async refuseWhileGuarded(tx: Tx, modelId: string): Promise<void> {
    await this.guard.refuseWhileGuarded(tx, modelId);
  }

  async isGuarded(tx: Tx, modelId: string, pointer: string): Promise<boolean> {
    return this.guard.isGuarded(tx, modelId, pointer);
  }

  /** As the guard's: @throws PERMISSION_DENIED when a policy guards the pointer. */
  async refuseIfGuarded(tx: Tx, modelId: string, pointer: string): Promise<void> {
    await this.guard.refuseIfGuarded(tx, modelId, pointer);
  }

  /** As the guard's: a refused attempt is recorded. */
  async recordingRefusals<T>(actor: Actor, attempted: string, model: string, work: () => Promise<T>): Promise<T> {
    return this.guard.recordingRefusals(actor, attempted, model, work);
  }

  async #applyOne(tx: Tx, actor: Actor, move: PointerMove): Promise<RecordedMove | null> {
    let holder = await this.pointers.lockHolder(tx, move.modelId, move.pointer);
    if (holder === undefined && move.to !== null) {
      await this.pointers.create(tx, move.modelId, move.pointer);
      holder = await this.pointers.lockHolder(tx, move.modelId, move.pointer);
    }
    const from = holder ?? null;
    if (move.expected !== undefined && move.expected !== from) {
      throw new AppError(
        'RESOURCE_CONFLICT',
        `The pointer '${move.pointer}' holds ${spoken(from)}, not ${spoken(move.expected)}: look at what it holds now, then decide again.`,
        {
          problem: 'REGISTRY_POINTER_CONFLICT',
          modelId: move.modelId,
          pointer: move.pointer,
          holder: from === null ? null : String(from),
        },
      );
    }
    if (from === move.to) return null;
    if (move.authority === undefined) await this.guard.refuseIfGuarded(tx, move.modelId, move.pointer);
    return this.pointers.move(tx, actor, move, from);
  }
}

/** The rows that moves have changed. */
export function movedRows(moves: readonly RecordedMove[]): CoveredRow[] {
  return moves.flatMap((move) => [
    row('registry.pointer', move.modelId, move.pointer),
    row('registry.pointer_move', move.id),
  ]);
}

/** Moves as an audit record tells them. */
export function movesAsFacts(moves: readonly RecordedMove[]) {
  return moves.map(({ id, pointer, from, to, via, movedAt }) => ({
    id,
    pointer,
    from,
    to,
    via,
    at: movedAt.toISOString(),
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function spoken(version: number | null): string {
  return version === null ? 'nothing' : `version ${version}`;
}
