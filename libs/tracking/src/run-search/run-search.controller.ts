import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { type SearchRunsRequest, searchRunsRequest, searchRunsResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import { SearchRuns } from './search-runs.js';

@Controller()
export class RunSearchController {
  constructor(private readonly searchRuns: SearchRuns) {}

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/runs/search',
    permission: 'tracking:read',
    summary: 'Searches runs',
    request: searchRunsRequest,
    response: searchRunsResponse,
    prebuilt: true,
  })
  async search(@Input() input: SearchRunsRequest, @Caller() actor: Actor): Promise<Buffer | Readable> {
    return this.searchRuns.execute(actor, input);
  }
}
