import type { Actor, Trigger } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type TriggerRecord, TriggerStore } from './trigger.store.js';

/** Reading triggers, with the jobs they started. */
@Injectable()
export class TriggersService {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly triggers: TriggerStore,
  ) {}

  async list(actor: Actor): Promise<Trigger[]> {
    return this.database.read(async (tx) => {
      const found = await this.triggers.list(tx, actor.workspace);
      return Promise.all(found.map((record) => this.describe(tx, record)));
    });
  }

  async get(actor: Actor, id: string): Promise<Trigger> {
    return this.database.read(async (tx) => {
      const found = await this.triggers.find(tx, actor.workspace, id);
      if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no trigger '${id}'.`);
      return this.describe(tx, found);
    });
  }

  private async describe(tx: Tx, record: TriggerRecord): Promise<Trigger> {
    const { id, name, on, monitor, model, job, createdAt, createdBy } = record;
    const firings = await this.triggers.firings(tx, id);
    return { id, name, on, monitor, model, job, createdAt: createdAt.toISOString(), createdBy, firings };
  }
}
