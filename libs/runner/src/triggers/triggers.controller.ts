import {
  type Actor,
  type CreateTriggerRequest,
  createTriggerRequest,
  type Trigger,
  trigger,
  triggerList,
  triggerRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { CreateTrigger } from './create-trigger.js';
import { TriggersService, shownTrigger } from './triggers.service.js';

@Controller()
export class TriggersController {
  constructor(
    private readonly createTrigger: CreateTrigger,
    private readonly triggers: TriggersService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/triggers',
    permission: 'jobs:write',
    models: { fields: ['model', 'job.inputs.model.name', 'job.inputs.comparedWith.name'], creates: true },
    summary: 'Start a job whenever an event happens',
    request: createTriggerRequest,
    response: trigger,
    status: 201,
  })
  async create(@Caller() actor: Actor, @Input() input: CreateTriggerRequest): Promise<Trigger> {
    return shownTrigger(await this.createTrigger.execute(actor, input), []);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/triggers',
    permission: 'jobs:read',
    summary: 'List triggers with the jobs they started',
    response: triggerList,
  })
  async list(@Caller() actor: Actor): Promise<{ triggers: Trigger[] }> {
    return { triggers: await this.triggers.list(actor) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/triggers/:id',
    permission: 'jobs:read',
    models: { behind: { id: 'trigger' } },
    summary: 'Read a trigger',
    request: triggerRequest,
    response: trigger,
  })
  get(@Caller() actor: Actor, @Input() { id }: { id: string }): Promise<Trigger> {
    return this.triggers.get(actor, id);
  }
}
