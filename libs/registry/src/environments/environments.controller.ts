import {
  type Actor,
  environmentList,
  noInput,
  type Serving,
  serving,
  type ServingRequest,
  servingRequest,
  setEnvironmentsRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentsService } from './environments.service.js';
import { ReadServing } from './read-serving.js';

const path = '/api/v1/environments';

@Controller()
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly readServing: ReadServing,
  ) {}

  @Endpoint({
    method: 'GET',
    path,
    permission: 'registry:read',
    summary: 'Environments, in the order in which a version passes through them',
    request: noInput,
    response: environmentList,
  })
  async list(@Caller() actor: Actor) {
    return { environments: await this.environments.list(actor) };
  }

  @Endpoint({
    method: 'PUT',
    path,
    permission: 'policies:write',
    summary: 'Say which environments there are, and which aliases belong to each',
    request: setEnvironmentsRequest,
    response: environmentList,
  })
  async set(@Caller() actor: Actor, @Input() input: z.infer<typeof setEnvironmentsRequest>) {
    return { environments: await this.environments.set(actor, input.environments) };
  }

  @Endpoint({
    method: 'GET',
    path: `${path}/:environment/serving`,
    permission: 'registry:read',
    summary: 'What serves in an environment, or served at a time, and who approved it',
    request: servingRequest,
    response: serving,
  })
  serving(@Caller() actor: Actor, @Input() input: ServingRequest): Promise<Serving> {
    return this.readServing.execute(actor, input);
  }
}
