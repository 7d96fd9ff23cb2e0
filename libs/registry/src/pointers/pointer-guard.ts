import type { Actor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PolicyStore } from '../policies/policy.store.js';

/** Refuses to touch a pointer that a policy guards, whichever API asks. */
@Injectable()
export class PointerGuard {
  constructor(
    private readonly policies: PolicyStore,
    private readonly audit: AuditClient,
    @InjectDatabase('registry') private readonly database: Database,
  ) {}

  async isGuarded(tx: Tx, modelId: string, pointer: string): Promise<boolean> {
    return (await this.policies.guarding(tx, modelId, pointer)).length > 0;
  }

  /** @throws PERMISSION_DENIED that names the way to ask, when a policy guards the pointer. */
  async refuseIfGuarded(tx: Tx, modelId: string, pointer: string): Promise<void> {
    const guards = await this.policies.guarding(tx, modelId, pointer);
    if (guards.length === 0) return;
    const policies = guards.map(({ policyName }) => policyName);
    throw new AppError(
      'PERMISSION_DENIED',
      `The pointer '${pointer}' is guarded by the ${spoken(policies)}: it moves by an approved promotion request only. ` +
        `Open one with POST /api/v1/promotions or "assay promote".`,
      { problem: 'REGISTRY_POINTER_GUARDED', modelId, pointer, policy: policies.join(', ') },
    );
  }

  /**
   * Keeps a model that a policy guards, and its name, also while the pointer holds nothing: consumers read `models:/<name>@<alias>`, and
   * another model under that name would be guarded by nobody.
   * @throws PERMISSION_DENIED that names the way to end the guard.
   */
  async refuseWhileGuarded(tx: Tx, modelId: string): Promise<void> {
    const guard = await this.policies.guardedPointer(tx, modelId);
    if (guard === null) return;
    throw new AppError(
      'PERMISSION_DENIED',
      `The policy '${guard.policyName}' guards the pointer '${guard.pointer}' of this model, so the model keeps its name and stays. ` +
        `Publish the policy without this model first (POST /api/v1/policies).`,
      { problem: 'REGISTRY_POINTER_GUARDED', modelId, pointer: guard.pointer, policy: guard.policyName },
    );
  }

  /** Runs work, and records its refusal by a guard in a transaction of its own. */
  async recordingRefusals<T>(actor: Actor, attempted: string, model: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError && error.details.problem === 'REGISTRY_POINTER_GUARDED') {
        const { modelId, pointer, policy } = error.details;
        await this.audit.refused(this.database, actor, {
          action: 'registry.pointer.move-refused.v1',
          target: { type: 'pointer', id: `${String(modelId)}/${String(pointer)}` },
          after: { attempted, model, policy: String(policy) },
        });
      }
      throw error;
    }
  }
}

function spoken(policies: readonly string[]): string {
  return `${policies.length === 1 ? 'policy' : 'policies'} ${policies.map((name) => `'${name}'`).join(', ')}`;
}
