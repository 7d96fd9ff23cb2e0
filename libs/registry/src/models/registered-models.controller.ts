import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  createRegisteredModelRequest,
  deleteRegisteredModelTagRequest,
  emptyResponse,
  registeredModelRequest,
  registeredModelResponse,
  registeredModelToWire,
  renameRegisteredModelRequest,
  searchRegisteredModelsRequest,
  searchRegisteredModelsResponse,
  setRegisteredModelTagRequest,
  updateRegisteredModelRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { DeleteRegisteredModel } from './delete-registered-model.js';
import { RegisteredModelsService } from './registered-models.service.js';
import { RenameRegisteredModel } from './rename-registered-model.js';

const base = '/api/2.0/mlflow/registered-models';

@Controller()
export class RegisteredModelsController {
  constructor(
    private readonly models: RegisteredModelsService,
    private readonly renameModel: RenameRegisteredModel,
    private readonly deleteModel: DeleteRegisteredModel,
  ) {}

  @Endpoint({
    method: 'POST',
    path: `${base}/create`,
    permission: 'registry:register',
    models: { fields: ['name'], creates: true },
    summary: 'Create a registered model',
    request: createRegisteredModelRequest,
    response: registeredModelResponse,
  })
  async create(@Caller() actor: Actor, @Input() input: z.infer<typeof createRegisteredModelRequest>) {
    return { registered_model: registeredModelToWire(await this.models.create(actor, input)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/get`,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Get a registered model',
    request: registeredModelRequest,
    response: registeredModelResponse,
  })
  async get(@Caller() actor: Actor, @Input() input: z.infer<typeof registeredModelRequest>) {
    return { registered_model: registeredModelToWire(await this.models.get(actor, input.name)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/update`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Describe a registered model',
    request: updateRegisteredModelRequest,
    response: registeredModelResponse,
  })
  async update(@Caller() actor: Actor, @Input() input: z.infer<typeof updateRegisteredModelRequest>) {
    return {
      registered_model: registeredModelToWire(await this.models.describe(actor, input.name, input.description)),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/rename`,
    permission: 'registry:write',
    models: { fields: ['name', 'new_name'] },
    summary: 'Rename a registered model',
    request: renameRegisteredModelRequest,
    response: registeredModelResponse,
  })
  async rename(@Caller() actor: Actor, @Input() input: z.infer<typeof renameRegisteredModelRequest>) {
    return {
      registered_model: registeredModelToWire(await this.renameModel.execute(actor, input.name, input.new_name)),
    };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/delete`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Delete a registered model',
    request: registeredModelRequest,
    response: emptyResponse,
  })
  async delete(@Caller() actor: Actor, @Input() input: z.infer<typeof registeredModelRequest>) {
    await this.deleteModel.execute(actor, input.name);
    return {};
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/search`,
    permission: 'registry:read',
    summary: 'Search registered models',
    request: searchRegisteredModelsRequest,
    response: searchRegisteredModelsResponse,
  })
  async search(@Caller() actor: Actor, @Input() input: z.infer<typeof searchRegisteredModelsRequest>) {
    const page = await this.models.search(actor, {
      filter: input.filter,
      order: input.order_by,
      limit: input.max_results,
      pageToken: input.page_token,
    });
    return {
      ...(page.models.length === 0 ? {} : { registered_models: page.models.map(registeredModelToWire) }),
      ...(page.nextPageToken === null ? {} : { next_page_token: page.nextPageToken }),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/set-tag`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Set a tag of a registered model',
    request: setRegisteredModelTagRequest,
    response: emptyResponse,
  })
  async setTag(@Caller() actor: Actor, @Input() { name, key, value }: z.infer<typeof setRegisteredModelTagRequest>) {
    await this.models.setTag(actor, name, { key, value });
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/delete-tag`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Delete a tag of a registered model',
    request: deleteRegisteredModelTagRequest,
    response: emptyResponse,
  })
  async deleteTag(@Caller() actor: Actor, @Input() { name, key }: z.infer<typeof deleteRegisteredModelTagRequest>) {
    await this.models.deleteTag(actor, name, key);
    return {};
  }
}
