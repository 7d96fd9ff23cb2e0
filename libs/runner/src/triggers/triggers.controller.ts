import { type Actor, type CreateTriggerRequest, createTriggerRequest, type Trigger, trigger, triggerList, triggerRequest } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError, Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { CreateTrigger } from './create-trigger.js';
import { type TriggerRecord, TriggerStore } from './trigger.store.js';

@Controller()
export class TriggersController {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly createTrigger: CreateTrigger,
    private readonly triggers: TriggerStore,
  ) {}

  @Endpoint({ method: 'POST', path: '/api/v1/triggers', permission: 'jobs:write', summary: 'Start a job whenever an event happens', request: createTriggerRequest, response: trigger, status: 201 })
  async create(@Caller() actor: Actor, @Input() input: CreateTriggerRequest): Promise<Trigger> {
    return toTrigger(await this.createTrigger.execute(actor, input), []);
  }

  @Endpoint({ method: 'GET', path: '/api/v1/triggers', permission: 'jobs:read', summary: 'List triggers with the jobs they started', response: triggerList })
  async list(@Caller() actor: Actor): Promise<{ triggers: Trigger[] }> {
    return this.database.read(async (tx) => {
      const found = await this.triggers.list(tx, actor.workspace);
      return { triggers: await Promise.all(found.map((record) => this.describe(tx, record))) };
    });
  }

  @Endpoint({ method: 'GET', path: '/api/v1/triggers/:id', permission: 'jobs:read', summary: 'Read a trigger', request: triggerRequest, response: trigger })
  async get(@Caller() actor: Actor, @Input() { id }: { id: string }): Promise<Trigger> {
    return this.database.read(async (tx) => {
      const found = await this.triggers.find(tx, actor.workspace, id);
      if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no trigger '${id}'.`);
      return this.describe(tx, found);
    });
  }

  private async describe(tx: Tx, record: TriggerRecord): Promise<Trigger> {
    return toTrigger(record, await this.triggers.firings(tx, record.id));
  }
}

function toTrigger({ id, name, on, monitor, model, job, createdAt, createdBy }: TriggerRecord, firings: Trigger['firings']): Trigger {
  return { id, name, on, monitor, model, job, createdAt: createdAt.toISOString(), createdBy, firings };
}
