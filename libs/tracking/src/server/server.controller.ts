import { BlobStore } from '@assay/platform/artifacts';
import { Config } from '@assay/platform/config';
import { Endpoint, RawReply } from '@assay/platform/http';
import { mlflowVersion, serverInfoResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';

/** What MLflow clients ask of a server before anything else. */
@Controller()
export class ServerController {
  constructor(
    private readonly blobs: BlobStore,
    private readonly config: Config,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/version',
    permission: 'signed-in',
    summary: 'The MLflow release whose wire this server speaks',
    produces: 'text/plain',
  })
  async version(@RawReply() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', 'text/plain; charset=utf-8').send(mlflowVersion);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/3.0/mlflow/server-info',
    permission: 'public',
    summary: 'What this server can do, for MLflow clients',
    response: serverInfoResponse,
  })
  info(): z.infer<typeof serverInfoResponse> {
    return {
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: this.blobs.direct !== null,
      multipart_downloads_enabled: this.blobs.direct !== null && this.config.artifacts.presignedDownloads,
      presigned_upload_run_id_supported: false,
      presigned_upload_model_id_supported: false,
      features_enabled: { gateway: false },
    };
  }
}
