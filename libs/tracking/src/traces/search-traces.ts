import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { Comparison, CorrelateFiltersRequest, SearchTracesRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { JointCounts } from './npmi.js';
import { traceKeys, type TraceInfo } from './trace.js';
import { TraceSearchStore } from './trace-search.store.js';

/** Finds traces of experiments by MLflow's filter and order, and counts them. */
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
    requireNamedPrompts(request.filter);
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

  /** How many traces pass two filters, one by one and together. */
  async count(actor: Actor, request: CorrelateFiltersRequest): Promise<JointCounts> {
    const { filter_string1: first, filter_string2: second, base_filter: base } = request;
    requireNamedPrompts([...first, ...second, ...base]);
    const experimentIds = [...new Set(request.experiment_ids)].toSorted();
    return this.database.read((tx) => this.traces.count(tx, actor.workspace, { experimentIds, base, first, second }));
  }
}

function requireNamedPrompts(filter: readonly Comparison[]): void {
  for (const { entity, key, test } of filter) {
    const isPrompt = entity === 'attribute' ? key === 'prompt' : entity === 'tag' && key === traceKeys.linkedPrompts;
    if (!isPrompt || (test.type === 'text' && test.operator === '=' && test.value.split('/').length === 2)) continue;
    throw new AppError('INVALID_PARAMETER_VALUE', 'Invalid prompts filter. Expected format: prompt = "name/version"');
  }
}
