import type { Actor, Environment } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { type EnvironmentGuard, type GuardedPointer, PolicyStore } from '../policies/policy.store.js';
import { environmentOf } from './environment.js';
import { EnvironmentStore } from './environment.store.js';

/** Environments of a workspace: which pointers belong together, and in which order a version passes through them. */
@Injectable()
export class EnvironmentsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly environments: EnvironmentStore,
    private readonly policies: PolicyStore,
    private readonly models: RegisteredModelStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async list(actor: Actor): Promise<readonly Environment[]> {
    return this.database.read((tx) => this.environments.all(tx, actor.workspace));
  }

  /**
   * Sets the whole list. An alias that comes into an environment which a policy guards is guarded from then on: that only adds a rule.
   * @throws RESOURCE_CONFLICT where a guarded pointer would come to lie in another environment: policies name environments, so that would
   * move it out from under its rule.
   */
  async set(actor: Actor, wanted: readonly Environment[]): Promise<readonly Environment[]> {
    return this.database.transaction(async (tx) => {
      await this.environments.lock(tx, actor.workspace);
      const before = await this.environments.all(tx, actor.workspace);
      for (const pointer of await this.environments.guardedPointers(tx, actor.workspace)) {
        const [from, to] = [environmentOf(before, pointer), environmentOf(wanted, pointer)];
        if (from === to) continue;
        throw new AppError(
          'RESOURCE_CONFLICT',
          `A policy guards '${pointer}', which belongs to '${from}': it can't come to '${to}'. ` +
            `Keep '${from}' with '${pointer}', or publish the policy without that pointer first (POST /api/v1/policies).`,
          { problem: 'REGISTRY_ENVIRONMENT_GUARDED', pointer, environment: from },
        );
      }
      const byEnvironment = await this.policies.environmentGuards(tx, actor.workspace);
      if (byEnvironment.some(({ environments }) => environments.includes(wanted[0]?.name ?? ''))) {
        throw new AppError(
          'RESOURCE_CONFLICT',
          `A policy guards '${wanted[0]?.name}', so it can't be the first environment, which takes in every alias that nobody names.`,
          { problem: 'REGISTRY_ENVIRONMENT_GUARDED', environment: wanted[0]?.name },
        );
      }
      const replaced = await this.environments.replace(tx, actor.workspace, wanted, {
        by: actor.onBehalfOf ?? actor.id,
        at: this.clock.now(),
      });
      const entered = await this.guardEntering(tx, actor, wanted, byEnvironment);
      const covers = [
        ...replaced,
        ...entered.map(({ modelId, pointer, policyId }) => row('registry.pointer_guard', modelId, pointer, policyId)),
      ];
      const after = await this.environments.all(tx, actor.workspace);
      if (covers.length === 0) return after;
      await this.audit.record(tx, actor, {
        action: 'registry.environments.set.v1',
        target: { type: 'environments', id: actor.workspace },
        covers,
        before: { environments: before.map(({ name, aliases }) => ({ name, aliases })) },
        after: {
          environments: after.map(({ name, aliases }) => ({ name, aliases })),
          guarded: entered.map(({ modelId, pointer, policyId }) => ({ modelId, pointer, policyId })),
        },
      });
      return after;
    });
  }

  private async guardEntering(
    tx: Tx,
    actor: Actor,
    wanted: readonly Environment[],
    byEnvironment: readonly EnvironmentGuard[],
  ): Promise<GuardedPointer[]> {
    const entered: GuardedPointer[] = [];
    for (const { modelId, model, policyId, policyVersionId, environments } of byEnvironment) {
      const aliases = wanted.filter(({ name }) => environments.includes(name)).flatMap(({ aliases: held }) => held);
      const guarded = new Set(
        (await this.policies.guardsOf(tx, policyId))
          .filter((each) => each.modelId === modelId)
          .map(({ pointer }) => pointer),
      );
      const pointers = aliases.filter((alias) => !guarded.has(alias));
      // Nobody moves a pointer of the model while it comes under a rule.
      if (pointers.length > 0) await this.models.lock(tx, actor.workspace, model, 'update');
      for (const pointer of pointers) {
        await this.policies.setGuard(tx, { modelId, pointer, policyId, policyVersionId });
        entered.push({ modelId, pointer, policyId });
      }
    }
    return entered;
  }
}
