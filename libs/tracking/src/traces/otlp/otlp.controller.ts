import { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { AppError, Caller, Endpoint, RawReply, RawRequest, sentMediaType } from '@assay/platform/http';
import { experimentId, missingValue, runId } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExportTarget, IngestSpans } from '../ingest-spans.js';
import { decodeExport, encodeAnswer, type ExportForm } from './decode-export.js';
import { ExportBudget } from './export-budget.js';
import { readBody } from './read-body.js';
import { OtlpDataError } from './read-values.js';

const forms: Readonly<Record<string, ExportForm>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};
const experimentHeader = 'x-mlflow-experiment-id';
const runHeader = 'x-mlflow-run-id';

/** OpenTelemetry's protocol over HTTP: any exporter can send its spans here. */
@Controller()
export class OtlpController {
  constructor(
    private readonly ingest: IngestSpans,
    private readonly budget: ExportBudget,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/traces',
    permission: 'tracking:write',
    summary: 'Takes spans of OpenTelemetry exporters',
    description:
      'OTLP over HTTP, as protobuf (application/x-protobuf) or JSON (application/json), with Content-Encoding gzip, deflate or none. The header x-mlflow-experiment-id names the experiment; x-mlflow-run-id may name a run that the traces belong to.',
    streams: ['application/x-protobuf'],
    produces: 'application/x-protobuf',
  })
  async export(
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const type = sentMediaType(request);
    const form = forms[type];
    if (form === undefined)
      throw new AppError(
        'UNSUPPORTED_MEDIA_TYPE',
        `Invalid Content-Type: ${type.slice(0, 100)}. Expected: application/x-protobuf or application/json`,
      );
    const target = targetOf(request);
    try {
      const body = request.body instanceof Readable ? request.body : Readable.from([]);
      const encoding = String(request.headers['content-encoding'] ?? '')
        .trim()
        .toLowerCase();
      const answer = await this.budget.during(async (count) => {
        const bytes = await readBody(body, encoding, count);
        const read = await decodeExport(bytes, form);
        if (read.spans.length === 0 && read.rejected > 0)
          throw new OtlpDataError(`Invalid OpenTelemetry format: ${read.reason}`);
        const leftOut = await this.ingest.execute(actor, target, read.spans);
        const rejected = read.rejected + leftOut.count;
        return encodeAnswer({ rejected, reason: read.reason || leftOut.reason }, form);
      });
      await reply.header('content-type', type).send(typeof answer === 'string' ? answer : Buffer.from(answer));
    } catch (error) {
      if (error instanceof OtlpDataError) throw new AppError('BAD_REQUEST', error.message);
      throw error;
    }
  }
}

function targetOf({ headers }: FastifyRequest): ExportTarget {
  const experiment = experimentId.safeParse(textOf(headers[experimentHeader]) ?? '');
  if (!experiment.success)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      textOf(headers[experimentHeader]) === null
        ? missingValue(experimentHeader)
        : `Invalid value for the header ${experimentHeader}: an experiment id is a whole number, such as "0".`,
    );
  const given = textOf(headers[runHeader]);
  if (given === null) return { experimentId: experiment.data, runId: null };
  const run = runId.safeParse(given);
  if (!run.success)
    throw new AppError('INVALID_PARAMETER_VALUE', `Invalid value for the header ${runHeader}: it is not a run id.`);
  return { experimentId: experiment.data, runId: run.data };
}

function textOf(header: string | string[] | undefined): string | null {
  return header === undefined || header === '' ? null : String(header);
}
