import type { Actor, PromotionGate } from '@assay/contracts';
import { row } from '@assay/platform/audit-client';
import { Clock, type Tx } from '@assay/platform/database';
import { canonicalJson } from '@assay/pure/formats';
import { Injectable } from '@nestjs/common';
import { overall } from '../gates/evaluate-gates.js';
import { EvaluatePolicy } from '../gates/evaluate-policy.js';
import { PointerStore } from '../pointers/pointer.store.js';
import { PolicyStore } from '../policies/policy.store.js';
import { fallenDecisions } from './approvals.js';
import { isAsked } from './asked-gates.js';
import { type OpenFile, PromotionJournal } from './promotion-journal.js';
import { type PromotionEvent, type PromotionRecord, bindingOf, isEnded } from './promotion.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionSubject } from './promotion-subject.js';

/** A checked request; `changed` when it isn't what it was when somebody last looked. */
export interface CheckedFile extends OpenFile {
  changed: boolean;
}

interface Ending {
  event: PromotionEvent;
  action: 'registry.promotion.expired.v1' | 'registry.promotion.superseded.v1';
  outcome: string;
}

/**
 * Holds a request against the facts as they are now: its time, the holder of each pointer and every gate. What has changed since is written:
 * the request expires, is superseded or refused, or waits on; approvals of anything else than what holds now are voided.
 */
@Injectable()
export class CheckPromotion {
  constructor(
    private readonly journal: PromotionJournal,
    private readonly promotions: PromotionStore,
    private readonly evaluatePolicy: EvaluatePolicy,
    private readonly pointers: PointerStore,
    private readonly policies: PolicyStore,
    private readonly subjects: PromotionSubject,
    private readonly clock: Clock,
  ) {}

  async inTransaction(tx: Tx, actor: Actor, workspace: string, id: string): Promise<CheckedFile> {
    const file = await this.journal.lock(tx, workspace, id);
    const { promotion } = file;
    if (isEnded(promotion.state)) return { ...file, changed: false };
    const end = await this.endOf(tx, file);
    if (end !== null) {
      const ended = await this.journal.step(
        tx,
        actor,
        promotion,
        end.event,
        { action: end.action },
        { outcome: end.outcome },
      );
      return { ...file, promotion: ended, changed: true };
    }
    const gates: PromotionGate[] = [];
    for (const [place, move] of promotion.moves.entries()) {
      // Whatever holds the pointer now is what the move is to replace: else the request had ended.
      const asked = { ...move, workspace, holder: move.expectedHolder };
      for (const policy of file.policies.filter(({ id: bound }) => move.policyVersionIds.includes(bound))) {
        const found = await this.evaluatePolicy.execute(tx, asked, policy.document);
        gates.push(
          ...found
            .filter(({ gate }) => isAsked(gate, promotion.via, policy.document))
            .map((result) => ({ move: place, policy: policy.name, ...result })),
        );
      }
    }
    return this.checkGates(tx, actor, file, gates);
  }

  /** Checks again every request whose gates may look at a new evaluation. */
  async afterEvaluation(tx: Tx, actor: Actor, modelId: string, version: number): Promise<void> {
    for (const { id, workspace } of await this.promotions.waitingFor(tx, modelId, version))
      await this.inTransaction(tx, actor, workspace, id);
  }

  /** Why a request has ended without anybody deciding; null while it stands. */
  private async endOf(tx: Tx, { promotion, policies }: OpenFile): Promise<Ending | null> {
    if (this.clock.now() >= promotion.expiresAt) {
      const outcome = `nobody decided by ${promotion.expiresAt.toISOString()}`;
      return { event: { type: 'expire' }, action: 'registry.promotion.expired.v1', outcome };
    }
    const outcome = await this.overtaken(tx, promotion, policies);
    return outcome === null
      ? null
      : { event: { type: 'supersede' }, action: 'registry.promotion.superseded.v1', outcome };
  }

  /** Which of the moves means something else by now, or nothing, in words; null while each is what was asked for. */
  private async overtaken(
    tx: Tx,
    { id, moves }: PromotionRecord,
    policies: OpenFile['policies'],
  ): Promise<string | null> {
    for (const { modelId, pointer, version, expectedHolder, policyVersionIds } of moves) {
      const holder = await this.pointers.holder(tx, modelId, pointer);
      if (holder !== expectedHolder)
        return `the pointer '${pointer}' has moved to ${holder === null ? 'nothing' : `version ${holder}`}`;
      const guards = await this.policies.guarding(tx, modelId, pointer);
      const asked = policies.filter((bound) => policyVersionIds.includes(bound.id));
      const unasked = guards.find(({ policyId }) => !asked.some((bound) => bound.policyId === policyId));
      if (unasked !== undefined)
        return `the policy '${unasked.policyName}' guards '${pointer}' since, and was not asked`;
      const left = await this.subjects.leaves(tx, { modelId, version }, pointer);
      if (left !== null && !moves.some((move) => move.modelId === modelId && move.pointer === left))
        return `version ${version} holds '${left}' since, which a policy guards, and nothing is asked for in its place`;
    }
    const gone = await this.promotions.gone(tx, id);
    if (gone === null) return null;
    return gone.version === null ? `the model '${gone.model}' was deleted` : `version ${gone.version} was deleted`;
  }

  private async checkGates(
    tx: Tx,
    actor: Actor,
    file: OpenFile,
    gates: readonly PromotionGate[],
  ): Promise<CheckedFile> {
    const { promotion, policies } = file;
    const binding = bindingOf({
      moves: promotion.moves,
      policyDigests: policies.map(({ digest }) => digest),
      gates,
    });
    const voided = fallenDecisions(file.decisions, binding, promotion.mayNotApprove);
    if (voided.length === 0 && binding === promotion.binding && canonicalJson(gates) === canonicalJson(promotion.gates))
      return { ...file, changed: false };
    const outcome = overall(gates);
    const failed = gates
      .filter((gate) => gate.outcome === 'failed')
      .map(({ move, required, observed }) => {
        const about = promotion.moves.length > 1 ? promotion.moves[move] : undefined;
        return `${about === undefined ? '' : `${about.model}@${about.pointer}: `}${required}, but ${observed}`;
      });
    const at = this.clock.now();
    await this.promotions.voidDecisions(
      tx,
      voided.map(({ id }) => id),
      at,
    );
    const checked = await this.journal.step(
      tx,
      actor,
      promotion,
      { type: 'gates', outcome },
      {
        action: outcome === 'failed' ? 'registry.promotion.gates-refused.v1' : 'registry.promotion.checked.v1',
        ...(outcome === 'failed' ? { outcome: 'refused' as const } : {}),
        covers: voided.map(({ id }) => row('registry.promotion_decision', id)),
        after: {
          gates: gates.map((gate) => ({
            move: gate.move,
            policy: gate.policy,
            gate: gate.gate,
            index: gate.index,
            outcome: gate.outcome,
            evidence: gate.evidence,
            selfReported: gate.selfReported,
          })),
          voided: voided.length,
        },
      },
      { binding, gates, outcome: outcome === 'failed' ? `gates failed: ${failed.join('; ')}` : null },
    );
    const decisions = file.decisions.map((one) => (voided.includes(one) ? { ...one, voidedAt: at } : one));
    return { ...file, promotion: checked, decisions, changed: true };
  }
}
