import { type Actor, mayOnModel, type Promotion, type RollbackRequest } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { modelNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { PointerGuard } from '../pointers/pointer-guard.js';
import { PointersService, type PointerState } from '../pointers/pointers.service.js';
import { RequestPromotion } from '../promotions/request-promotion.js';
import { holdersBefore } from './rollback-target.js';
import { type LedgerStep, RollbackStore } from './rollback.store.js';

/** What came of a rollback: the pointer has moved, or a request for it waits under the policy that guards it. */
export type RolledBack = { readonly to: number } & (
  | { readonly pointer: PointerState; readonly promotion: null }
  | { readonly pointer: null; readonly promotion: Promotion }
);

/**
 * Takes a pointer back to a version that it held before, in one step. Where a policy guards it, that is a request under the policy, for a
 * version that an approved request had put there; the ledger only grows, so what it says here still holds when the move is made.
 */
@Injectable()
export class RollbackPointer {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly ledger: RollbackStore,
    private readonly guard: PointerGuard,
    private readonly pointers: PointersService,
    private readonly requestPromotion: RequestPromotion,
  ) {}

  async execute(actor: Actor, input: RollbackRequest): Promise<RolledBack> {
    const { name, alias: pointer, expected, reason } = input;
    const { steps, guarded } = await this.database.read(async (tx) => {
      const model = await this.models.find(tx, actor.workspace, name);
      if (model === null) throw modelNotFound(name);
      return {
        steps: await this.ledger.steps(tx, model.id, pointer),
        guarded: await this.guard.isGuarded(tx, model.id, pointer),
      };
    });
    if (steps.length === 0)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `The model '${name}' has no pointer '${pointer}'.`);
    const to = targetOf(input, steps, guarded);
    if (!guarded) {
      const [moved] = await this.pointers.move(actor, {
        model: name,
        pointer,
        to,
        expected: expected === null ? null : Number(expected),
        via: 'rollback',
        reason,
      });
      if (moved === undefined) throw new Error(`the rollback of ${pointer} was not answered`);
      return { to, pointer: moved, promotion: null };
    }
    if (!mayOnModel(actor, 'promotions:request', name)) {
      throw new AppError(
        'PERMISSION_DENIED',
        `A policy guards '${pointer}', so a rollback is a request: this needs "promotions:request".`,
      );
    }
    const asked = { moves: [{ model: name, pointer, version: String(to), expectedHolder: expected }], reason };
    return { to, pointer: null, promotion: await this.requestPromotion.execute(actor, asked, 'rollback') };
  }
}

/** @throws RESOURCE_CONFLICT that names the versions to which the pointer can go back. */
function targetOf(
  { alias: pointer, to, expected }: RollbackRequest,
  steps: readonly LedgerStep[],
  guarded: boolean,
): number {
  const holder = steps.at(-1)?.to ?? null;
  const refuse = (sentence: string, earlier: readonly number[]) =>
    new AppError('RESOURCE_CONFLICT', sentence, {
      problem: 'REGISTRY_NO_ROLLBACK',
      pointer,
      holder: holder === null ? null : String(holder),
      earlier: earlier.map(String),
    });
  const fit = (version: number) =>
    steps.some((step) => step.to === version && step.kept && (step.approved || !guarded));
  const held = [...new Set(steps.toReversed().flatMap((step) => (step.to === null ? [] : [step.to])))];
  const earlier = held.filter((version) => version !== holder && fit(version));
  const choices =
    earlier.length === 0
      ? `No ${guarded ? 'approved ' : ''}version that held it before is left.`
      : `It can go back to ${earlier.join(', ')}.`;
  if ((expected === null ? null : Number(expected)) !== holder) {
    const holds = holder === null ? 'nothing' : `version ${holder}`;
    throw refuse(`The pointer '${pointer}' holds ${holds} now: look at it, then decide again.`, earlier);
  }
  if (to !== undefined) {
    if (earlier.includes(Number(to))) return Number(to);
    const why =
      Number(to) === holder
        ? 'holds it now'
        : held.includes(Number(to))
          ? guarded
            ? 'held it without an approved request, or was deleted'
            : 'was deleted'
          : 'has never held it';
    throw refuse(`Version ${to} can't hold '${pointer}' again: it ${why}. ${choices}`, earlier);
  }
  const nearest = holdersBefore(steps).find(fit);
  if (nearest === undefined)
    throw refuse(`There is nothing before the present holder of '${pointer}'. ${choices}`, earlier);
  return nearest;
}
