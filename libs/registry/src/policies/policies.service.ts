import type { Actor, Policy } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { mayReadPolicy, shownPolicy } from './policy.js';
import { PolicyStore } from './policy.store.js';

@Injectable()
export class PoliciesService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly policies: PolicyStore,
  ) {}

  async list(actor: Actor): Promise<Policy[]> {
    const found = await this.database.read((tx) => this.policies.current(tx, actor.workspace));
    return found.filter((version) => mayReadPolicy(actor, version)).map(shownPolicy);
  }

  async get(actor: Actor, input: { name: string; version?: number }): Promise<Policy> {
    const found = await this.database.read((tx) => this.policies.find(tx, actor.workspace, input.name, input.version));
    if (found === null || !mayReadPolicy(actor, found))
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no policy '${input.name}'${input.version ? ` in version ${input.version}` : ''}.`,
      );
    return shownPolicy(found);
  }
}
