import { once } from 'node:events';
import { type Actor, type JobEventsRequest, jobEventsRequest } from '@assay/contracts';
import { Caller, Endpoint, Input, RawReply, RawRequest } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type JobEvent, JobEvents } from './job-events.js';
import { JobsService } from './jobs.service.js';

@Controller()
export class JobEventsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly events: JobEvents,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/jobs/:id/events',
    permission: 'jobs:read',
    models: { behind: { id: 'job' } },
    summary: 'Follow a job as it runs',
    description:
      'Server-sent events: `log` with a line, `job` whenever state or progress changes, `end` at last. Resumes after the `Last-Event-ID` header.',
    request: jobEventsRequest,
    produces: 'text/event-stream',
  })
  async follow(
    @Caller() actor: Actor,
    @Input() { id, after }: JobEventsRequest,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await this.jobs.get(actor, id); // refused as JSON while that is still possible
    const stop = new AbortController();
    reply.hijack();
    const { raw } = reply;
    raw.once('close', () => stop.abort());
    if (raw.destroyed) return; // gone before the first line
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    try {
      for await (const event of this.events.follow(actor, id, resumeAfter(request, after), stop.signal))
        if (!raw.write(text(event))) await once(raw, 'drain', { signal: stop.signal }).catch(() => undefined); // the reader has gone
    } finally {
      raw.end();
    }
  }
}

/** What the browser's EventSource sends when it connects again. */
function resumeAfter(request: FastifyRequest, after: number): number {
  const last = Number(request.headers['last-event-id'] ?? Number.NaN);
  return Number.isSafeInteger(last) && last >= 0 ? last : after;
}

function text({ event, id, data }: JobEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
