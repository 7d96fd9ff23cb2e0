import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, idempotencyKey, Input, RawRequest } from '@assay/platform/http';
import {
  type CreateLoggedModelRequest,
  createLoggedModelRequest,
  deleteLoggedModelRequest,
  deleteLoggedModelTagRequest,
  emptyResponse,
  finalizeLoggedModelRequest,
  getLoggedModelRequest,
  loggedModelResponse,
  logLoggedModelParamsRequest,
  type SearchLoggedModelsRequest,
  searchLoggedModelsRequest,
  searchLoggedModelsResponse,
  setLoggedModelTagsRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { loggedModelToWire } from './logged-model-to-wire.js';
import { LoggedModelsService } from './logged-models.service.js';
import { SearchLoggedModels } from './search-logged-models.js';

const root = '/api/2.0/mlflow/logged-models';
type ModelAnswer = Promise<z.infer<typeof loggedModelResponse>>;

@Controller()
export class LoggedModelsController {
  constructor(
    private readonly models: LoggedModelsService,
    private readonly searchModels: SearchLoggedModels,
  ) {}

  @Endpoint({
    method: 'POST',
    path: root,
    permission: 'tracking:write',
    summary: 'Creates a logged model',
    request: createLoggedModelRequest,
    response: loggedModelResponse,
  })
  async create(
    @Input() input: CreateLoggedModelRequest,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): ModelAnswer {
    return {
      model: loggedModelToWire(
        await this.models.create(actor, input, idempotencyKey(request.headers['idempotency-key'])),
      ),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches logged models',
    request: searchLoggedModelsRequest,
    response: searchLoggedModelsResponse,
  })
  async search(
    @Input() input: SearchLoggedModelsRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchLoggedModelsResponse>> {
    const { models, nextPageToken } = await this.searchModels.execute(actor, input);
    return {
      ...(models.length > 0 ? { models: models.map((model) => loggedModelToWire(model)) } : {}),
      ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:model_id`,
    permission: 'tracking:read',
    summary: 'Reads a logged model',
    request: getLoggedModelRequest,
    response: loggedModelResponse,
  })
  async get(@Input() input: z.infer<typeof getLoggedModelRequest>, @Caller() actor: Actor): ModelAnswer {
    return { model: loggedModelToWire(await this.models.get(actor, input.model_id)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:model_id`,
    permission: 'tracking:write',
    summary: 'Says whether a logged model is complete',
    request: finalizeLoggedModelRequest,
    response: loggedModelResponse,
  })
  async finalize(@Input() input: z.infer<typeof finalizeLoggedModelRequest>, @Caller() actor: Actor): ModelAnswer {
    return { model: loggedModelToWire(await this.models.finalize(actor, input.model_id, input.status)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/:model_id`,
    permission: 'tracking:write',
    summary: 'Deletes a logged model',
    request: deleteLoggedModelRequest,
    response: emptyResponse,
  })
  async delete(
    @Input() input: z.infer<typeof deleteLoggedModelRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.models.delete(actor, input.model_id);
    return {};
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:model_id/tags`,
    permission: 'tracking:write',
    summary: 'Sets tags of a logged model',
    request: setLoggedModelTagsRequest,
    response: loggedModelResponse,
  })
  async setTags(@Input() input: z.infer<typeof setLoggedModelTagsRequest>, @Caller() actor: Actor): ModelAnswer {
    return { model: loggedModelToWire(await this.models.setTags(actor, input.model_id, input.tags)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/:model_id/tags/:tag_key`,
    permission: 'tracking:write',
    summary: 'Deletes a tag of a logged model',
    request: deleteLoggedModelTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Input() input: z.infer<typeof deleteLoggedModelTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.models.deleteTag(actor, input.model_id, input.tag_key);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/:model_id/params`,
    permission: 'tracking:write',
    summary: 'Adds parameters to a logged model',
    request: logLoggedModelParamsRequest,
    response: emptyResponse,
  })
  async logParams(
    @Input() input: z.infer<typeof logLoggedModelParamsRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.models.logParams(actor, input.model_id, input.params);
    return {};
  }
}
