import { Readable } from 'node:stream';
import {
  type Actor,
  type RecordedPredictions,
  documentedPredictions,
  recordPredictionsRequest,
  recordedPredictions,
} from '@assay/contracts';
import { AppError, Caller, Endpoint, RawRequest } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readNdjson } from './ndjson.js';
import { RecordPredictions } from './record-predictions.js';

const limits = { maxBytes: 64 * 1024 * 1024, maxLines: 100_000, maxLineLength: 1024 * 1024 };
const ndjson = /^application\/(?:x-)?ndjson(?:;|$)/i;

@Controller()
export class PredictionsController {
  constructor(private readonly recordPredictions: RecordPredictions) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/predictions',
    permission: 'predictions:write',
    summary: 'Records predictions',
    description:
      'Either `{"predictions": [row, …]}` as JSON, or one row per line as NDJSON. Good rows are kept, known ids ignored, bad rows told with their line.',
    streams: ['application/json', 'application/x-ndjson'],
    streamedJson: documentedPredictions,
    response: recordedPredictions,
  })
  async record(@RawRequest() request: FastifyRequest, @Caller() actor: Actor): Promise<RecordedPredictions> {
    return this.recordPredictions.execute(actor, await rowsOf(request));
  }
}

async function rowsOf(request: FastifyRequest): Promise<{ line: number; value: unknown }[]> {
  const { body } = request;
  if (body instanceof Readable) {
    if (ndjson.test(request.headers['content-type'] ?? '')) return readNdjson(body, limits);
    body.resume();
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send application/json or application/x-ndjson.');
  }
  const parsed = recordPredictionsRequest.safeParse(body ?? {});
  if (!parsed.success)
    throw new AppError('INVALID_PARAMETER_VALUE', 'The body must be {"predictions": [row, …]} with 1 to 10,000 rows.');
  return parsed.data.predictions.map((value, index) => ({ line: index + 1, value }));
}
