import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { SearchTracesRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { traceKeys, type TraceInfo } from './trace.js';
import { TraceSearchStore } from './trace-search.store.js';

/** Finds traces of experiments by MLflow's filter and order. */
@Injectable()
export class SearchTraces {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly traces: TraceSearchStore,
  ) {}

  async execute(
    actor: Actor,
    request: SearchTracesRequest,
  ): Promise<{ traces: TraceInfo[]; nextPageToken: string | null }> {
    const named = request.locations.flatMap(({ mlflow_experiment: place }) => (place ? [place.experiment_id] : []));
    const experimentIds = [...new Set(named)].toSorted();
    requireNamedPrompts(request);
    if (experimentIds.length === 0) return { traces: [], nextPageToken: null };
    return this.database.read((tx) =>
      this.traces.search(tx, actor.workspace, {
        experimentIds,
        filter: request.filter,
        orderBy: request.order_by,
        size: request.max_results,
        pageToken: request.page_token,
      }),
    );
  }
}

function requireNamedPrompts({ filter }: SearchTracesRequest): void {
  for (const { entity, key, test } of filter) {
    const isPrompt = entity === 'attribute' ? key === 'prompt' : entity === 'tag' && key === traceKeys.linkedPrompts;
    if (!isPrompt || (test.type === 'text' && test.operator === '=' && test.value.split('/').length === 2)) continue;
    throw new AppError('INVALID_PARAMETER_VALUE', 'Invalid prompts filter. Expected format: prompt = "name/version"');
  }
}
