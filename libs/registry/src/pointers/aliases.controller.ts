import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  aliasRequest,
  emptyResponse,
  modelVersionResponse,
  modelVersionToWire,
  setAliasRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { PointersService } from './pointers.service.js';

const path = '/api/2.0/mlflow/registered-models/alias';

/** MLflow's aliases: each is the pointer of that name. */
@Controller()
export class AliasesController {
  constructor(private readonly pointers: PointersService) {}

  @Endpoint({
    method: 'POST',
    path,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Point an alias at a version',
    request: setAliasRequest,
    response: emptyResponse,
  })
  async set(@Caller() actor: Actor, @Input() { name, alias, version }: z.infer<typeof setAliasRequest>) {
    await this.pointers.move(actor, { model: name, pointer: alias, to: version, via: 'alias' });
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Empty an alias',
    request: aliasRequest,
    response: emptyResponse,
  })
  async delete(@Caller() actor: Actor, @Input() { name, alias }: z.infer<typeof aliasRequest>) {
    await this.pointers.move(actor, { model: name, pointer: alias, to: null, via: 'alias' });
    return {};
  }

  @Endpoint({
    method: 'GET',
    path,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'The version that an alias points at',
    request: aliasRequest,
    response: modelVersionResponse,
  })
  async get(@Caller() actor: Actor, @Input() { name, alias }: z.infer<typeof aliasRequest>) {
    return { model_version: modelVersionToWire(await this.pointers.resolve(actor, name, alias)) };
  }
}
