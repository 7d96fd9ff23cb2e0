import { type Actor, versionManifest, versionManifestRequest } from '@assay/contracts';
import { BlobStore, sendBlob } from '@assay/platform/artifacts';
import { AppError, Caller, Endpoint, Input, RawReply } from '@assay/platform/http';
import { attachment, contentType, modelVersionArtifactRequest, normalArtifactPath } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { ModelVersionsService } from './model-versions.service.js';

/** The sealed files of a version: their list, and their bytes checked against it. */
@Controller()
export class VersionFilesController {
  constructor(
    private readonly versions: ModelVersionsService,
    private readonly blobs: BlobStore,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/manifest',
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'The files of a sealed version, with the digest that identifies it',
    request: versionManifestRequest,
    response: versionManifest,
  })
  async manifest(@Caller() actor: Actor, @Input() input: z.infer<typeof versionManifestRequest>) {
    const { version, files, copiedFrom } = await this.versions.manifest(actor, input.name, input.version);
    return {
      model: input.name,
      modelId: version.modelId,
      version: String(version.version),
      kind: version.kind,
      digest: version.manifestDigest,
      totalBytes: version.totalBytes,
      files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
      runSeal: version.runSeal,
      copiedFrom: copiedFrom === null ? null : { ...copiedFrom, version: String(copiedFrom.version) },
      registeredBy: version.registeredBy,
      registeredAt: version.createdAt.toISOString(),
    };
  }

  @Endpoint({
    method: 'GET',
    path: '/model-versions/get-artifact',
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Download a file of a sealed version',
    request: modelVersionArtifactRequest,
    produces: '*/*',
  })
  async download(
    @Caller() actor: Actor,
    @Input() { name, version, path }: z.infer<typeof modelVersionArtifactRequest>,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const plain = normalArtifactPath(path);
    if (plain === null || plain === '') throw new AppError('INVALID_PARAMETER_VALUE', 'Invalid path');
    const file = await this.versions.file(actor, name, version, plain);
    if (file === null)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `Version ${version} of ${name} has no file '${plain}'.`);
    const body = await this.blobs.get(file.blobKey);
    const base = plain.split('/').at(-1) ?? 'file';
    void reply
      .header('content-type', contentType(base))
      .header('content-length', file.size)
      .header('content-disposition', attachment(base))
      .header('content-security-policy', 'sandbox')
      .header('x-assay-sha256', file.sha256);
    await sendBlob(reply, body, file.sha256);
  }
}
