import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input, RawRequest, idempotencyKey } from '@assay/platform/http';
import {
  createModelVersionRequest,
  deleteModelVersionTagRequest,
  downloadUriResponse,
  emptyResponse,
  getLatestVersionsRequest,
  modelVersionRequest,
  modelVersionResponse,
  modelVersionsResponse,
  modelVersionToWire,
  searchModelVersionsRequest,
  searchModelVersionsResponse,
  setModelVersionTagRequest,
  transitionStageRequest,
  updateModelVersionRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DeleteVersion } from './delete-version.js';
import { ModelVersionsService } from './model-versions.service.js';
import type { DescribedVersion } from './model-version.js';
import { RegisterVersion } from './register-version.js';
import { TransitionStage } from './transition-stage.js';
import { versionView } from './version-view.js';

const base = '/api/2.0/mlflow/model-versions';

function toWire(version: DescribedVersion) {
  return modelVersionToWire(versionView(version));
}

@Controller()
export class ModelVersionsController {
  constructor(
    private readonly versions: ModelVersionsService,
    private readonly registerVersion: RegisterVersion,
    private readonly transitionStage: TransitionStage,
    private readonly deleteVersion: DeleteVersion,
  ) {}

  @Endpoint({
    method: 'POST',
    path: `${base}/create`,
    permission: 'registry:register',
    models: { fields: ['name'] },
    summary: 'Register and seal the next version of a model',
    request: createModelVersionRequest,
    response: modelVersionResponse,
  })
  async create(
    @Caller() actor: Actor,
    @Input() input: z.infer<typeof createModelVersionRequest>,
    @RawRequest() request: FastifyRequest,
  ) {
    const { name, source, tags, description, run_id: runId, run_link: runLink, model_id: modelId } = input;
    const key = idempotencyKey(request.headers['idempotency-key']);
    const wanted = { name, source, tags, description, runId, runLink, modelId };
    return { model_version: toWire(await this.registerVersion.execute(actor, wanted, key)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/get`,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Get a model version',
    request: modelVersionRequest,
    response: modelVersionResponse,
  })
  async get(@Caller() actor: Actor, @Input() { name, version }: z.infer<typeof modelVersionRequest>) {
    return { model_version: toWire(await this.versions.get(actor, name, version)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/update`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Describe a model version',
    request: updateModelVersionRequest,
    response: modelVersionResponse,
  })
  async update(@Caller() actor: Actor, @Input() input: z.infer<typeof updateModelVersionRequest>) {
    return { model_version: toWire(await this.versions.describe(actor, input.name, input.version, input.description)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/delete`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Delete a model version',
    request: modelVersionRequest,
    response: emptyResponse,
  })
  async delete(@Caller() actor: Actor, @Input() { name, version }: z.infer<typeof modelVersionRequest>) {
    await this.deleteVersion.execute(actor, name, version);
    return {};
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/search`,
    permission: 'registry:read',
    summary: 'Search model versions',
    request: searchModelVersionsRequest,
    response: searchModelVersionsResponse,
  })
  async search(@Caller() actor: Actor, @Input() input: z.infer<typeof searchModelVersionsRequest>) {
    const page = await this.versions.search(actor, {
      filter: input.filter,
      order: input.order_by,
      limit: input.max_results,
      pageToken: input.page_token,
    });
    return {
      ...(page.versions.length === 0 ? {} : { model_versions: page.versions.map(modelVersionToWire) }),
      ...(page.nextPageToken === null ? {} : { next_page_token: page.nextPageToken }),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/transition-stage`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Move a model version to another stage',
    request: transitionStageRequest,
    response: modelVersionResponse,
  })
  async transition(@Caller() actor: Actor, @Input() input: z.infer<typeof transitionStageRequest>) {
    const { name, version, stage, archive_existing_versions: archiveExisting } = input;
    return {
      model_version: toWire(await this.transitionStage.execute(actor, { name, version, stage, archiveExisting })),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/get-download-uri`,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Where the files of a model version lie',
    request: modelVersionRequest,
    response: downloadUriResponse,
  })
  async downloadUri(@Caller() actor: Actor, @Input() { name, version }: z.infer<typeof modelVersionRequest>) {
    return { artifact_uri: (await this.versions.get(actor, name, version)).storageUri };
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/set-tag`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Set a tag of a model version',
    request: setModelVersionTagRequest,
    response: emptyResponse,
  })
  async setTag(
    @Caller() actor: Actor,
    @Input() { name, version, key, value }: z.infer<typeof setModelVersionTagRequest>,
  ) {
    await this.versions.setTag(actor, name, version, { key, value });
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/delete-tag`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Delete a tag of a model version',
    request: deleteModelVersionTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Caller() actor: Actor,
    @Input() { name, version, key }: z.infer<typeof deleteModelVersionTagRequest>,
  ) {
    await this.versions.deleteTag(actor, name, version, key);
    return {};
  }
}

/** Java asks by GET, Python by POST. */
@Controller()
export class LatestVersionsController {
  constructor(private readonly versions: ModelVersionsService) {}

  @Endpoint({
    method: 'GET',
    path: '/api/2.0/mlflow/registered-models/get-latest-versions',
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Newest version of each stage',
    request: getLatestVersionsRequest,
    response: modelVersionsResponse,
  })
  async get(@Caller() actor: Actor, @Input() input: z.infer<typeof getLatestVersionsRequest>) {
    return this.#answer(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/registered-models/get-latest-versions',
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Newest version of each stage',
    request: getLatestVersionsRequest,
    response: modelVersionsResponse,
  })
  async post(@Caller() actor: Actor, @Input() input: z.infer<typeof getLatestVersionsRequest>) {
    return this.#answer(actor, input);
  }

  async #answer(actor: Actor, { name, stages }: z.infer<typeof getLatestVersionsRequest>) {
    const latest = await this.versions.latest(actor, name, stages);
    return latest.length === 0 ? {} : { model_versions: latest.map(toWire) };
  }
}
