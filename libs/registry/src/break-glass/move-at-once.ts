import { CredentialProof, type Proven, wrongCredential } from '@assay/access-reads';
import type { Actor, BreakGlass, BreakGlassRequest, PolicyDocument } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, newId, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { MovePointer } from '../pointers/move-pointer.js';
import type { PolicyVersion } from '../policies/policy.store.js';
import { durationMs } from '../promotions/duration.js';
import { EndOvertaken } from '../promotions/end-overtaken.js';
import { PromotionStore } from '../promotions/promotion.store.js';
import { PromotionSubject, type Subject } from '../promotions/promotion-subject.js';
import { holderMoved } from '../promotions/request-promotion.js';
import type { BreakGlassRecord } from './break-glass.js';
import { BreakGlassStore } from './break-glass.store.js';
import { ShowBreakGlass } from './show-break-glass.js';

type BreakGlassRule = NonNullable<PolicyDocument['breakGlass']>;
interface Rule {
  readonly policy: PolicyVersion;
  readonly rule: BreakGlassRule;
}

/**
 * Moves a guarded pointer at once, without gates and approvals: only where each policy that guards it has a rule for that, only by a person who
 * holds the rule's role, and never while an earlier one of the pointer is overdue for its review. It raises an alarm and opens a review.
 */
@Injectable()
export class MoveAtOnce {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly subjects: PromotionSubject,
    private readonly promotions: PromotionStore,
    private readonly overtaken: EndOvertaken,
    private readonly store: BreakGlassStore,
    private readonly show: ShowBreakGlass,
    private readonly movePointer: MovePointer,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: BreakGlassRequest): Promise<BreakGlass> {
    try {
      if (actor.kind !== 'person')
        throw new AppError('PERMISSION_DENIED', 'Only people move a guarded pointer at once: a program never does.');
      const credential = await this.proof.verify(actor, input.credential);
      if (credential === null) throw new AppError('PERMISSION_DENIED', wrongCredential);
      return await this.database.transaction(async (tx) =>
        this.show.one(tx, await this.#move(tx, actor, input, credential)),
      );
    } catch (error) {
      if (error instanceof AppError && error.code === 'PERMISSION_DENIED') {
        await this.audit.refused(this.database, actor, {
          action: 'registry.break-glass.refused.v1',
          target: { type: 'model', id: input.model },
          after: { pointer: input.pointer, version: input.version, why: error.message },
        });
      }
      throw error;
    }
  }

  async #move(tx: Tx, actor: Actor, input: BreakGlassRequest, credential: Proven): Promise<BreakGlassRecord> {
    await this.promotions.lockDecisions(tx, actor.workspace);
    const subject = await this.subjects.find(tx, actor.workspace, input);
    const now = this.clock.now();
    const rules = rulesOf(subject, input.pointer, actor);
    const pending = await this.store.overdueOf(tx, subject.modelId, input.pointer, now);
    if (pending !== null) {
      throw new AppError(
        'RESOURCE_CONFLICT',
        `An earlier emergency move of '${input.pointer}' is overdue for its review: somebody else must close that first.`,
        { breakGlass: pending.id },
      );
    }
    const from = await this.subjects.holder(tx, subject.modelId, input.pointer);
    if (from !== (input.expectedHolder === null ? null : Number(input.expectedHolder)))
      throw holderMoved(input.pointer, from);
    if (from === subject.version)
      throw new AppError('RESOURCE_CONFLICT', `Version ${input.version} holds '${input.pointer}' already.`);
    const record: BreakGlassRecord = {
      id: newId(),
      workspace: actor.workspace,
      modelId: subject.modelId,
      model: input.model,
      pointer: input.pointer,
      version: subject.version,
      from,
      policies: subject.policies.map(({ id, name, version }) => ({ id, name, version })),
      reason: input.reason,
      brokenBy: actor.id,
      brokenAt: now,
      expiresAt: earliest(
        now,
        rules.map(({ rule }) => rule.expiresAfter),
      ),
      reviewDueAt: earliest(
        now,
        rules.map(({ rule }) => rule.review.within),
      ),
      reviewRoles: [...new Set(rules.map(({ rule }) => rule.review.role))].toSorted(),
      review: null,
    };
    await this.store.insert(tx, record);
    await this.#record(tx, actor, record, subject, credential);
    await this.movePointer.inTransaction(tx, actor, [
      {
        modelId: record.modelId,
        pointer: record.pointer,
        to: record.version,
        expected: from,
        via: 'break-glass',
        reason: record.reason,
        authority: {
          requestId: record.id,
          policyVersionIds: record.policies.map(({ id }) => id),
          evidence: [subject.manifestDigest],
        },
      },
    ]);
    await this.overtaken.execute(
      tx,
      actor,
      [record],
      ({ pointer, version }) => `the pointer '${pointer}' was moved to version ${version} in an emergency`,
      { breakGlass: record.id },
    );
    return record;
  }

  async #record(tx: Tx, actor: Actor, record: BreakGlassRecord, subject: Subject, credential: Proven): Promise<void> {
    await this.audit.record(tx, actor, {
      action: 'registry.break-glass.used.v1',
      target: { type: 'break-glass', id: record.id },
      covers: [
        row('registry.break_glass', record.id),
        ...record.policies.map(({ id }) => row('registry.break_glass_policy', record.id, id)),
      ],
      after: {
        pointer: record.pointer,
        version: record.version,
        from: record.from,
        credential,
        manifest: subject.manifestDigest,
        policies: subject.policies.map(({ name, version, digest }) => ({ name, version, digest })),
        expiresAt: record.expiresAt.toISOString(),
        reviewDueAt: record.reviewDueAt.toISOString(),
      },
      reason: record.reason,
      links: { breakGlass: record.id, model: record.modelId, modelVersion: String(record.version) },
    });
  }
}

/** @throws PERMISSION_DENIED where a policy has no such rule, or gives it to a role that the actor does not hold. */
function rulesOf({ policies }: Subject, pointer: string, actor: Actor): Rule[] {
  return policies.map((policy) => {
    const rule = policy.document.breakGlass;
    if (rule === undefined) {
      throw new AppError(
        'PERMISSION_DENIED',
        `The policy '${policy.name}' knows no emergency move of '${pointer}': open a request (POST /api/v1/promotions).`,
        { policy: policy.name },
      );
    }
    if (!actor.roles.includes(rule.role)) {
      throw new AppError(
        'PERMISSION_DENIED',
        `The policy '${policy.name}' lets only '${rule.role}' move '${pointer}' in an emergency, which you are not.`,
        { policy: policy.name, role: rule.role },
      );
    }
    return { policy, rule };
  });
}

function earliest(from: Date, durations: readonly string[]): Date {
  return new Date(from.getTime() + Math.min(...durations.map(durationMs)));
}
