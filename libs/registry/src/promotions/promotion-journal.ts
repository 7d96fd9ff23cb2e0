import type { Actor } from '@assay/contracts';
import { AuditClient, type AuditEntry, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PolicyStore, type PolicyVersion } from '../policies/policy.store.js';
import { approvalRules, countingApprovals, missingApprovals, type MissingApproval } from './approvals.js';
import { type Decision, type PromotionEvent, type PromotionRecord, nextState, policyVersionsOf } from './promotion.js';
import { PromotionStore } from './promotion.store.js';

/** A request with what belongs to it, held by the caller's transaction. */
export interface OpenFile {
  promotion: PromotionRecord;
  decisions: readonly Decision[];
  /** The texts that it is bound to, by the names of their policies. */
  policies: readonly PolicyVersion[];
}

/** Reads requests under lock and writes each step of them with its audit record: the only place where a request's state changes. */
@Injectable()
export class PromotionJournal {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly policies: PolicyStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** Opens a request for changes: nobody else decides on a request of the workspace until the transaction ends. */
  async lock(tx: Tx, workspace: string, id: string): Promise<OpenFile> {
    await this.promotions.lockDecisions(tx, workspace);
    return this.read(tx, await this.find(tx, workspace, id));
  }

  async read(tx: Tx, promotion: PromotionRecord): Promise<OpenFile> {
    const [file] = await this.readAll(tx, [promotion]);
    if (file === undefined) throw new Error(`request ${promotion.id} was not read`);
    return file;
  }

  /** As `read`, for a list: two queries, however long it is. */
  async readAll(tx: Tx, promotions: readonly PromotionRecord[]): Promise<OpenFile[]> {
    const versions = await this.policies.versionsById(tx, promotions.flatMap(policyVersionsOf));
    const decisions = await this.promotions.decisions(
      tx,
      promotions.map(({ id }) => id),
    );
    return promotions.map((promotion) => {
      const policies = policyVersionsOf(promotion).map((id) => {
        const version = versions.get(id);
        if (version === undefined) throw new Error(`policy version ${id} vanished`);
        return version;
      });
      return { promotion, policies: byName(policies), decisions: decisions.get(promotion.id) ?? [] };
    });
  }

  async find(tx: Tx, workspace: string, id: string): Promise<PromotionRecord> {
    const found = await this.promotions.find(tx, workspace, id);
    if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no promotion request '${id}'.`);
    return found;
  }

  /**
   * Takes one step of a request.
   * @throws {Error} when the state machine knows no such step: callers ask `isEnded` first.
   */
  async step(
    tx: Tx,
    actor: Actor,
    promotion: PromotionRecord,
    event: PromotionEvent,
    entry: Pick<AuditEntry, 'action' | 'reason' | 'personal' | 'after' | 'outcome' | 'links'> & {
      covers?: readonly CoveredRow[];
    },
    change: Partial<Pick<PromotionRecord, 'binding' | 'gates' | 'outcome'>> = {},
  ): Promise<PromotionRecord> {
    const state = nextState(promotion.state, event);
    if (state === null) throw new Error(`a request that is ${promotion.state} can't take the step ${event.type}`);
    const after: PromotionRecord = { ...promotion, ...change, state, updatedAt: this.clock.now() };
    await this.promotions.update(tx, after);
    const { covers = [], ...rest } = entry;
    await this.audit.record(tx, actor, {
      ...rest,
      target: { type: 'promotion', id: promotion.id },
      covers: [row('registry.promotion', promotion.id), ...covers],
      before: { state: promotion.state, binding: promotion.binding },
      after: { state, binding: after.binding, outcome: after.outcome, detail: entry.after ?? null },
      links: { ...promotionLinks(promotion), ...entry.links },
    });
    return after;
  }

  /** Writes down a decision; an earlier one of the same person, which it replaces, is voided. Both rows need a record's `covers`. */
  async decide(
    tx: Tx,
    file: OpenFile,
    made: Pick<Decision, 'decision' | 'actorId' | 'role' | 'counts' | 'comment' | 'credential'>,
  ): Promise<{ decision: Decision; covers: CoveredRow[] }> {
    const { promotion, decisions } = file;
    const decidedAt = this.clock.now();
    const decision: Decision = { id: newId(), ...made, binding: promotion.binding, decidedAt, voidedAt: null };
    const earlier = decisions
      .filter((one) => one.actorId === made.actorId && one.voidedAt === null)
      .map(({ id }) => id);
    await this.promotions.voidDecisions(tx, earlier, decidedAt);
    await this.promotions.insertDecision(tx, promotion.id, decision);
    return { decision, covers: [decision.id, ...earlier].map((id) => row('registry.promotion_decision', id)) };
  }

  /** Records an attempt that the rules refused, at a bounded rate; nothing else changes. */
  async refusedAttempt(tx: Tx, actor: Actor, promotion: PromotionRecord, attempt: string, why: string): Promise<void> {
    await this.audit.refusedIn(tx, actor, {
      action: 'registry.promotion.attempt-refused.v1',
      target: { type: 'promotion', id: promotion.id },
      after: { attempt, why },
      links: promotionLinks(promotion),
    });
  }
}

/** What a request is about; several of a kind stand side by side, versions in the order of their models. */
export function promotionLinks(promotion: PromotionRecord): Record<string, string> {
  return {
    request: promotion.id,
    model: promotion.moves.map(({ modelId }) => modelId).join(' '),
    modelVersion: promotion.moves.map(({ version }) => version).join(' '),
    policyVersion: policyVersionsOf(promotion).join(' '),
  };
}

/** What a request's policies still ask for. */
export function missingOf({ promotion, policies, decisions }: OpenFile): MissingApproval[] {
  return missingApprovals(
    approvalRules(policies, promotion.via),
    countingApprovals(decisions, promotion.binding, promotion.mayNotApprove),
  );
}

/** Policies in the order in which everybody names them. */
export function byName(policies: readonly PolicyVersion[]): PolicyVersion[] {
  return policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
