import type { Actor, Environment } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { environmentOf } from './environment.js';
import { EnvironmentStore } from './environment.store.js';

/** Environments of a workspace: which pointers belong together, and in which order a version passes through them. */
@Injectable()
export class EnvironmentsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly environments: EnvironmentStore,
    private readonly audit: AuditClient,
  ) {}

  async list(actor: Actor): Promise<readonly Environment[]> {
    return this.database.read((tx) => this.environments.all(tx, actor.workspace));
  }

  /**
   * Sets the whole list.
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
      const covers = await this.environments.replace(tx, actor.workspace, wanted);
      const after = await this.environments.all(tx, actor.workspace);
      if (covers.length === 0) return after;
      await this.audit.record(tx, actor, {
        action: 'registry.environments.set.v1',
        target: { type: 'environments', id: actor.workspace },
        covers,
        before: { environments: before.map(({ name, aliases }) => ({ name, aliases })) },
        after: { environments: after.map(({ name, aliases }) => ({ name, aliases })) },
      });
      return after;
    });
  }
}
