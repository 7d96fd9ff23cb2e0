import { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input, RawReply, RawRequest } from '@assay/platform/http';
import {
  emptyResponse,
  type FileInfoMessage,
  getArtifactRequest,
  getLoggedModelArtifactRequest,
  listArtifactsRequest,
  listArtifactsResponse,
  listLoggedModelArtifactsRequest,
  listProxiedArtifactsRequest,
  listProxiedArtifactsResponse,
  presignedDownloadResponse,
  proxiedArtifactRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { FolderEntry } from './artifact.js';
import { ArtifactsService, type Folder } from './artifacts.service.js';
import { sendArtifact } from './send-artifact.js';
import { UploadArtifact } from './upload-artifact.js';

const proxy = '/api/2.0/mlflow-artifacts/artifacts';

@Controller()
export class ArtifactsController {
  constructor(
    private readonly artifacts: ArtifactsService,
    private readonly upload: UploadArtifact,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/2.0/mlflow/artifacts/list',
    permission: 'tracking:read',
    summary: 'Lists files of a run',
    request: listArtifactsRequest,
    response: listArtifactsResponse,
  })
  async list(
    @Input() input: z.infer<typeof listArtifactsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof listArtifactsResponse>> {
    return folderToWire(await this.artifacts.list(actor, 'run', input.run_id, input.path ?? ''));
  }

  @Endpoint({
    method: 'GET',
    path: '/api/2.0/mlflow/logged-models/:model_id/artifacts/directories',
    permission: 'tracking:read',
    summary: 'Lists files of a logged model',
    request: listLoggedModelArtifactsRequest,
    response: listArtifactsResponse,
  })
  async listOfModel(
    @Input() input: z.infer<typeof listLoggedModelArtifactsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof listArtifactsResponse>> {
    return folderToWire(
      await this.artifacts.list(actor, 'logged_model', input.model_id, input.artifact_directory_path ?? ''),
    );
  }

  @Endpoint({
    method: 'GET',
    path: proxy,
    permission: 'tracking:read',
    summary: 'Lists files behind the artifact proxy',
    request: listProxiedArtifactsRequest,
    response: listProxiedArtifactsResponse,
  })
  async listBehindProxy(
    @Input() input: z.infer<typeof listProxiedArtifactsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof listProxiedArtifactsResponse>> {
    const entries = await this.artifacts.listBehindProxy(actor, input.path ?? '');
    return entries.length > 0 ? { files: entries.map((entry) => entryToWire(entry, '')) } : {};
  }

  @Endpoint({
    method: 'GET',
    path: `${proxy}/*`,
    permission: 'tracking:read',
    summary: 'Reads a file',
    request: proxiedArtifactRequest,
    produces: '*/*',
  })
  async download(
    @Input() input: z.infer<typeof proxiedArtifactRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await sendArtifact(this.artifacts, await this.artifacts.findBehindProxy(actor, input.path), request, reply);
  }

  @Endpoint({
    method: 'PUT',
    path: `${proxy}/*`,
    permission: 'tracking:write',
    summary: 'Stores a file',
    request: proxiedArtifactRequest,
    response: emptyResponse,
    streams: ['application/octet-stream'],
  })
  async put(
    @Input() input: z.infer<typeof proxiedArtifactRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): Promise<Record<string, never>> {
    await this.upload.execute(actor, input.path, request.body instanceof Readable ? request.body : Readable.from([]));
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: `${proxy}/*`,
    permission: 'tracking:write',
    summary: 'Deletes a file or folder',
    request: proxiedArtifactRequest,
    response: emptyResponse,
  })
  async delete(
    @Input() input: z.infer<typeof proxiedArtifactRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.artifacts.delete(actor, input.path);
    return {};
  }

  @Endpoint({
    method: 'GET',
    path: '/api/2.0/mlflow-artifacts/presigned/*',
    notEverywhere: 'Presigned downloads are off, or files lie in the data folder.',
    permission: 'tracking:read',
    summary: 'Where the store itself gives a file',
    request: proxiedArtifactRequest,
    response: presignedDownloadResponse,
  })
  async presigned(
    @Input() input: z.infer<typeof proxiedArtifactRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof presignedDownloadResponse>> {
    const { url, file } = await this.artifacts.presign(actor, input.path);
    return { url, headers: {}, file_size: file.size, sha256: file.sha256 };
  }

  @Endpoint({
    method: 'GET',
    path: '/get-artifact',
    permission: 'tracking:read',
    summary: 'Reads a file of a run',
    request: getArtifactRequest,
    produces: '*/*',
  })
  async getArtifact(
    @Input() input: z.infer<typeof getArtifactRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await sendArtifact(
      this.artifacts,
      await this.artifacts.find(actor, 'run', input.run_id, input.path),
      request,
      reply,
    );
  }

  @Endpoint({
    method: 'GET',
    path: '/api/2.0/mlflow/logged-models/:model_id/artifacts/files',
    permission: 'tracking:read',
    summary: 'Reads a file of a logged model',
    request: getLoggedModelArtifactRequest,
    produces: '*/*',
  })
  async getOfModel(
    @Input() input: z.infer<typeof getLoggedModelArtifactRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await sendArtifact(
      this.artifacts,
      await this.artifacts.find(actor, 'logged_model', input.model_id, input.artifact_file_path),
      request,
      reply,
    );
  }
}

function folderToWire({ rootUri, path, entries }: Folder): z.infer<typeof listArtifactsResponse> {
  return {
    root_uri: rootUri,
    ...(entries.length > 0 ? { files: entries.map((entry) => entryToWire(entry, path)) } : {}),
  };
}

function entryToWire({ name, isFolder, size }: FolderEntry, folder: string): FileInfoMessage {
  return {
    path: folder === '' ? name : `${folder}/${name}`,
    is_dir: isFolder,
    // MLflow's server leaves the size of empty files out, too.
    ...(isFolder || size === 0 ? {} : { file_size: size }),
  };
}
