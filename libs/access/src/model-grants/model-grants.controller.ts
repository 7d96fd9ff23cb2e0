import {
  type Actor,
  type CreateModelGrantRequest,
  type ModelGrantRecord,
  createModelGrantRequest,
  modelGrant,
  modelGrantList,
  modelGrantRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ModelGrantsService } from './model-grants.service.js';

@Controller()
export class ModelGrantsController {
  constructor(private readonly grants: ModelGrantsService) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/model-grants',
    permission: 'access:read',
    summary: 'List the grants on models by name',
    response: modelGrantList,
  })
  async list(@Caller() actor: Actor): Promise<{ grants: ModelGrantRecord[] }> {
    return { grants: await this.grants.list(actor) };
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/model-grants',
    permission: 'access:admin',
    summary: 'Allow or deny something on the models whose names fit a pattern',
    request: createModelGrantRequest,
    response: modelGrant,
    status: 201,
  })
  create(@Caller() actor: Actor, @Input() input: CreateModelGrantRequest): Promise<ModelGrantRecord> {
    return this.grants.create(actor, input);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/api/v1/model-grants/:id',
    permission: 'access:admin',
    summary: 'Take a grant back',
    request: modelGrantRequest,
    response: modelGrant,
  })
  delete(@Caller() actor: Actor, @Input() input: { id: string }): Promise<ModelGrantRecord> {
    return this.grants.delete(actor, input.id);
  }
}
