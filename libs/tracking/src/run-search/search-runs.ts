import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import type { SearchRunsRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { RunDetail } from '../runs/run.js';
import { RunSearchStore } from './run-search.store.js';

/** Finds runs of experiments by MLflow's filter and order. */
@Injectable()
export class SearchRuns {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly runs: RunSearchStore,
  ) {}

  async execute(
    actor: Actor,
    request: SearchRunsRequest,
  ): Promise<{ runs: RunDetail[]; nextPageToken: string | null }> {
    const experimentIds = [...new Set(request.experiment_ids)].toSorted();
    if (experimentIds.length === 0) return { runs: [], nextPageToken: null };
    return this.database.read((tx) =>
      this.runs.search(tx, actor.workspace, {
        experimentIds,
        filter: request.filter,
        orderBy: request.order_by,
        viewType: request.run_view_type,
        size: request.max_results,
        pageToken: request.page_token,
      }),
    );
  }
}
