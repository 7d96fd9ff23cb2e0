import { type Actor, datasetUses, datasetUsesRequest, lineage, lineageRequest } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { ReadDatasetUses } from './read-dataset-uses.js';
import { TraceLineage } from './trace-lineage.js';

@Controller()
export class LineageController {
  constructor(
    private readonly trace: TraceLineage,
    private readonly readUses: ReadDatasetUses,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/lineage/:kind/:id',
    permission: 'registry:read',
    summary: 'What something was made of, and what was made of it',
    description:
      'From data over runs, versions, evaluations, requests and pointers to jobs and windows of predictions, and back. Things that you may not read are left out, with what is known only through them.',
    request: lineageRequest,
    response: lineage,
  })
  async show(@Caller() actor: Actor, @Input() input: z.infer<typeof lineageRequest>) {
    return this.trace.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/used-by',
    permission: 'registry:read',
    summary: 'Which runs, model versions and pointers a version of a dataset went into',
    request: datasetUsesRequest,
    response: datasetUses,
  })
  async uses(@Caller() actor: Actor, @Input() input: z.infer<typeof datasetUsesRequest>) {
    return this.readUses.execute(actor, input);
  }
}
