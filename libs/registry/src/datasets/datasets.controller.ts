import { Readable } from 'node:stream';
import {
  type Actor,
  datasetList,
  datasetVersion,
  datasetVersionList,
  datasetVersionRequest,
  datasetVersionsRequest,
  noInput,
  registerDatasetVersionRequest,
} from '@assay/contracts';
import { BlobStore, verifiedStream } from '@assay/platform/artifacts';
import { Caller, Endpoint, Input, RawReply, RawRequest } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { DatasetVersion } from './dataset.js';
import { DatasetsService } from './datasets.service.js';
import { RegisterDatasetVersion } from './register-dataset-version.js';

@Controller()
export class DatasetsController {
  constructor(
    private readonly datasets: DatasetsService,
    private readonly registerVersion: RegisterDatasetVersion,
    private readonly blobs: BlobStore,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/datasets/:name/versions',
    permission: 'datasets:write',
    summary: 'Register a CSV file as a version of a dataset',
    description:
      'The body is the file, UTF-8 with a header line. The same bytes again answer the version that they are.',
    request: registerDatasetVersionRequest,
    response: datasetVersion,
    streams: ['text/csv'],
  })
  async register(
    @Caller() actor: Actor,
    @Input() input: z.infer<typeof registerDatasetVersionRequest>,
    @RawRequest() request: FastifyRequest,
  ) {
    const body = request.body instanceof Readable ? request.body : Readable.from([]);
    const { name, target, sensitive, identifier } = input;
    const { version } = await this.registerVersion.execute(
      actor,
      name,
      { target: target ?? null, sensitive, identifier },
      body,
    );
    return { ...summary(version), columns: version.columns };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets',
    permission: 'registry:read',
    summary: 'Datasets of the workspace',
    request: noInput,
    response: datasetList,
  })
  async list(@Caller() actor: Actor) {
    const datasets = await this.datasets.list(actor);
    return { datasets: datasets.map(({ createdAt, ...rest }) => ({ ...rest, createdAt: createdAt.toISOString() })) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions',
    permission: 'registry:read',
    summary: 'Versions of a dataset',
    request: datasetVersionsRequest,
    response: datasetVersionList,
  })
  async versions(@Caller() actor: Actor, @Input() { name }: z.infer<typeof datasetVersionsRequest>) {
    const versions = await this.datasets.versions(actor, name);
    return { versions: versions.map(summary) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version',
    permission: 'registry:read',
    summary: 'A version of a dataset with its profile',
    request: datasetVersionRequest,
    response: datasetVersion,
  })
  async get(@Caller() actor: Actor, @Input() input: z.infer<typeof datasetVersionRequest>) {
    const version = await this.datasets.get(actor, input.name, input.version);
    return { ...summary(version), columns: version.columns };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/content',
    permission: 'registry:read',
    summary: 'Download a version of a dataset',
    request: datasetVersionRequest,
    produces: 'text/csv',
  })
  async content(
    @Caller() actor: Actor,
    @Input() input: z.infer<typeof datasetVersionRequest>,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const version = await this.datasets.get(actor, input.name, input.version);
    const body = verifiedStream(await this.blobs.get(version.blobKey), version.digest);
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-length', version.size)
      .header(
        'content-disposition',
        `attachment; filename*=UTF-8''${encodeURIComponent(`${version.name}-${version.version}.csv`)}`,
      )
      .header('content-security-policy', 'sandbox')
      .header('x-assay-sha256', version.digest)
      .send(body);
  }
}

function summary({ name, version, digest, size, rowCount, roles, createdBy, createdAt }: DatasetVersion) {
  return { name, version, digest, size, rowCount, roles, createdBy, createdAt: createdAt.toISOString() };
}
