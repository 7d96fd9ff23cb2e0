import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  abortMultipartUploadRequest,
  completeMultipartUploadRequest,
  createMultipartUploadRequest,
  createMultipartUploadResponse,
  emptyResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { MultipartUploads } from './multipart-uploads.service.js';

const base = '/api/2.0/mlflow-artifacts/mpu';

@Controller()
export class MultipartUploadsController {
  constructor(private readonly uploads: MultipartUploads) {}

  @Endpoint({
    method: 'POST',
    path: `${base}/create/*folder`,
    notEverywhere: 'Files lie in the data folder, which has no presigned addresses.',
    permission: 'tracking:write',
    summary: 'Begins to upload a large file in parts',
    request: createMultipartUploadRequest,
    response: createMultipartUploadResponse,
  })
  async create(
    @Input() input: z.infer<typeof createMultipartUploadRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof createMultipartUploadResponse>> {
    const { uploadId, partUrls } = await this.uploads.begin(actor, pathOf(input), input.num_parts);
    return {
      upload_id: uploadId,
      credentials: partUrls.map((url, place) => ({ url, part_number: place + 1, headers: {} })),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/complete/*folder`,
    notEverywhere: 'Files lie in the data folder, which has no presigned addresses.',
    permission: 'tracking:write',
    summary: 'Joins the parts of a file',
    request: completeMultipartUploadRequest,
    response: emptyResponse,
  })
  async complete(
    @Input() input: z.infer<typeof completeMultipartUploadRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    const parts = input.parts.map(({ part_number: number, etag }) => ({ number, etag: etag.replaceAll('"', '') }));
    await this.uploads.complete(actor, pathOf(input), input.upload_id, parts);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/abort/*folder`,
    notEverywhere: 'Files lie in the data folder, which has no presigned addresses.',
    permission: 'tracking:write',
    summary: 'Throws the parts of a file away',
    request: abortMultipartUploadRequest,
    response: emptyResponse,
  })
  async abort(
    @Input() input: z.infer<typeof abortMultipartUploadRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.uploads.abort(actor, pathOf(input), input.upload_id);
    return {};
  }
}

/** The folder of the URL and the last name of the path: clients send the path that the file has on their own machine. */
function pathOf({ folder, path }: { folder: string; path: string }): string {
  const name = path.split(/[/\\]/).at(-1) ?? '';
  return `${folder.replace(/\/$/, '')}/${name}`;
}
