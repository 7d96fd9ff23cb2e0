import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import type { SearchRunsRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { ReadRuns } from '../runs/read-runs.js';
import { sendable } from '../sending/sendable.js';
import { RunSearchStore } from './run-search.store.js';
import { searchJson, searchPieces } from './search-json.js';

/** Runs that are answered whole; of more, only those that are being sent are in memory. */
const mostWhole = 1000;

/** Finds runs of experiments by MLflow's filter and order: first which runs and of what revision, then each run as it is kept rendered. */
@Injectable()
export class SearchRuns {
  constructor(
    private readonly found: RunSearchStore,
    private readonly runs: ReadRuns,
  ) {}

  /** The page as the JSON that is sent. */
  async execute(actor: Actor, request: SearchRunsRequest): Promise<Buffer | Readable> {
    const experimentIds = [...new Set(request.experiment_ids)].toSorted();
    if (experimentIds.length === 0) return searchJson([], null);
    const search = {
      workspace: actor.workspace,
      experimentIds,
      filter: request.filter,
      orderBy: request.order_by,
      viewType: request.run_view_type,
    };
    const { runs, nextPageToken } = await this.found.search(search, request.max_results, request.page_token);
    if (runs.length > mostWhole) return sendable(searchPieces(this.runs.pieces(runs), nextPageToken));
    return searchJson(await this.runs.render(runs), nextPageToken);
  }
}
