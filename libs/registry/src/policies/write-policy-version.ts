import type { Actor } from '@assay/contracts';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, type Tx, newId } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { PolicyDraft } from './policy-draft.js';
import { type BoundPointer, PolicyStore, type PolicyVersion } from './policy.store.js';

/** A bound text that is to become the next version of its policy. */
export interface NextVersion {
  policyId: string;
  /** The version that it replaces; null for the first one. */
  current: PolicyVersion | null;
  draft: Pick<PolicyDraft, 'text' | 'digest' | 'document'>;
  guards: readonly BoundPointer[];
  publishedBy: string;
  /** Rows beside the policy's own that the record covers. */
  covers: readonly CoveredRow[];
  links?: Readonly<Record<string, string>>;
}

/** Writes a policy's next, immutable version and lets its pointers move under it from the commit on. */
@Injectable()
export class WritePolicyVersion {
  constructor(
    private readonly policies: PolicyStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async inTransaction(tx: Tx, actor: Actor, next: NextVersion): Promise<PolicyVersion> {
    const { policyId, current, guards, publishedBy } = next;
    const { text, digest, document } = next.draft;
    const version = {
      id: newId(),
      policyId,
      version: (current?.version ?? 0) + 1,
      digest,
      text,
      document,
      guards,
      publishedBy,
      publishedAt: this.clock.now(),
    };
    await this.policies.insertVersion(tx, version);
    const moved = await this.rebind(tx, policyId, version.id, guards);
    await this.audit.record(tx, actor, {
      action: 'registry.policy.published.v1',
      target: { type: 'policy', id: policyId, version: String(version.version) },
      covers: [...next.covers, row('registry.policy_version', version.id), ...moved],
      ...(current ? { before: { version: current.version, digest: current.digest } } : {}),
      after: {
        name: document.policy,
        version: version.version,
        digest,
        publishedBy,
        guards: guards.map(({ modelId, pointer }) => ({ modelId, pointer })),
      },
      links: { policyVersion: version.id, ...next.links },
    });
    return { ...version, name: document.policy, current: true };
  }

  private async rebind(
    tx: Tx,
    policyId: string,
    policyVersionId: string,
    guards: readonly BoundPointer[],
  ): Promise<CoveredRow[]> {
    const dropped = droppedGuards(await this.policies.guardsOf(tx, policyId), guards);
    for (const guard of dropped) await this.policies.removeGuard(tx, { ...guard, policyId });
    for (const { modelId, pointer } of guards)
      await this.policies.setGuard(tx, { modelId, pointer, policyId, policyVersionId });
    return [...dropped, ...guards].map(({ modelId, pointer }) =>
      row('registry.pointer_guard', modelId, pointer, policyId),
    );
  }
}

type Place = Pick<BoundPointer, 'modelId' | 'pointer'>;

/** Guards that are there now, and would not be under a new list. */
export function droppedGuards<Guard extends Place>(now: readonly Guard[], then: readonly Place[]): Guard[] {
  return now.filter((old) => !then.some((guard) => guard.modelId === old.modelId && guard.pointer === old.pointer));
}

export function sameGuards(a: readonly Place[], b: readonly Place[]): boolean {
  return droppedGuards(a, b).length === 0 && droppedGuards(b, a).length === 0;
}
