import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { type SearchRunsRequest, searchRunsRequest, searchRunsResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import { SearchRuns } from './search-runs.js';

const comma = Buffer.from(',');

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
  async search(@Input() input: SearchRunsRequest, @Caller() actor: Actor): Promise<Buffer> {
    const { runs, nextPageToken } = await this.searchRuns.execute(actor, input);
    if (runs.length === 0) return Buffer.from('{}');
    const end = nextPageToken === null ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`;
    const separated = runs.flatMap((run, place) => (place === 0 ? [run] : [comma, run]));
    return Buffer.concat([Buffer.from('{"runs":['), ...separated, Buffer.from(end)]);
  }
}
