import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input, RawReply, RawRequest } from '@assay/platform/http';
import { attachment, getTraceArtifactRequest } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ArtifactsService } from '../artifacts/artifacts.service.js';
import { sendArtifact } from '../artifacts/send-artifact.js';
import { gathered } from '../sending/gathered.js';
import { sendable } from '../sending/sendable.js';
import { ReadTraces } from './read-traces.js';

const spansName = 'traces.json';

/** Spans and attachments of traces as files. */
@Controller()
export class TraceFilesController {
  constructor(
    private readonly traces: ReadTraces,
    private readonly artifacts: ArtifactsService,
  ) {}

  @Endpoint({
    method: 'GET',
    path: ['/api/2.0/mlflow/get-trace-artifact', '/api/3.0/mlflow/get-trace-artifact'],
    permission: 'tracking:read',
    summary: 'Reads the spans of a trace, or what is attached to it, as a file',
    request: getTraceArtifactRequest,
    produces: '*/*',
  })
  async get(
    @Input() { request_id: id, path = '' }: z.infer<typeof getTraceArtifactRequest>,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const spans = path === '' ? await this.traces.file(actor, id) : null;
    if (spans !== null) {
      void reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', attachment(spansName));
      await reply.header('x-content-type-options', 'nosniff').send(await sendable(gathered(spans)));
      return;
    }
    const file = path === '' ? spansName : `attachments/${path}`;
    await sendArtifact(this.artifacts, await this.artifacts.find(actor, 'trace', id, file), request, reply);
  }
}
