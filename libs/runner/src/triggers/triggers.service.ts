import { type Actor, isHidden, type Trigger } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { modelsOfTrigger, type TriggerRecord, TriggerStore } from './trigger.store.js';

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
      return this.describe(
        tx,
        found.filter((one) => !modelsOfTrigger(one).some((name) => isHidden(actor, name))),
      );
    });
  }

  async get(actor: Actor, id: string): Promise<Trigger> {
    return this.database.read(async (tx) => {
      const found = await this.triggers.find(tx, actor.workspace, id);
      if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no trigger '${id}'.`);
      const [described] = await this.describe(tx, [found]);
      if (described === undefined) throw new Error(`trigger ${id} was not described`);
      return described;
    });
  }

  private async describe(tx: Tx, records: readonly TriggerRecord[]): Promise<Trigger[]> {
    const ids = records.map(({ id }) => id);
    const firings = await this.triggers.firings(tx, ids);
    return records.map((record) => shownTrigger(record, firings.get(record.id) ?? []));
  }
}

export function shownTrigger(
  { id, name, on, monitor, model, job, createdAt, createdBy }: TriggerRecord,
  firings: Trigger['firings'],
): Trigger {
  const fired = firings.map(({ eventId, jobId }) => ({ eventId, jobId }));
  return { id, name, on, monitor, model, job, createdAt: createdAt.toISOString(), createdBy, firings: fired };
}
