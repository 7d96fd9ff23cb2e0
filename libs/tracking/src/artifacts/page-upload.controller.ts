import { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError, Caller, Endpoint, Input, RawRequest } from '@assay/platform/http';
import { emptyResponse, pageUploadRequest, proxiedPath } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ArtifactLocations, invalidPath } from './artifact-location.js';
import { UploadArtifact } from './upload-artifact.js';

const mostBytes = 10 * 1024 * 1024;

/** How MLflow's own page stores a small file of a run: whole in one request, named by run and path. */
@Controller()
export class PageUploadController {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly locations: ArtifactLocations,
    private readonly upload: UploadArtifact,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/upload-artifact',
    permission: 'tracking:write',
    summary: 'Stores a small file of a run, as the page of MLflow does',
    request: pageUploadRequest,
    response: emptyResponse,
    streams: ['application/octet-stream'],
  })
  async store(
    @Input() { run_uuid: runId, path }: z.infer<typeof pageUploadRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): Promise<Record<string, never>> {
    const { owner, path: below } = await this.database.read((tx) =>
      this.locations.ofOwner(tx, actor, 'run', runId, path),
    );
    const root = proxiedPath(owner.artifactUri);
    if (root === null || below === '') throw invalidPath();
    const bytes = request.body instanceof Readable ? await whole(request.body) : Buffer.alloc(0);
    if (bytes.length === 0) throw new AppError('INVALID_PARAMETER_VALUE', 'Request must specify data.');
    await this.upload.execute(actor, `${root}/${below}`, Readable.from([bytes]));
    return {};
  }
}

async function whole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let seen = 0;
  for await (const chunk of body) {
    const bytes: Buffer = chunk;
    seen += bytes.length;
    // What is too much is read to its end, unkept: a caller that still sends would not see the answer.
    if (seen <= mostBytes) chunks.push(bytes);
    else chunks.length = 0;
    if (seen > 4 * mostBytes) break;
  }
  if (seen > mostBytes) throw new AppError('INVALID_PARAMETER_VALUE', 'Artifact size is too large. Max size is 10MB.');
  return Buffer.concat(chunks);
}
