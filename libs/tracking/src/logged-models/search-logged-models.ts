import { type Actor, hiddenModels } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import type { SearchLoggedModelsRequest } from '@assay/pure/mlflow-wire';
import { Registrations } from '@assay/registry-reads';
import { Injectable } from '@nestjs/common';
import { registeredAs, type RegisteredLoggedModel } from './logged-model.js';
import { LoggedModelSearchStore } from './logged-model-search.store.js';

/** Finds logged models of experiments by MLflow's filter and order. */
@Injectable()
export class SearchLoggedModels {
  private readonly registrations = new Registrations();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: LoggedModelSearchStore,
  ) {}

  async execute(
    actor: Actor,
    request: SearchLoggedModelsRequest,
  ): Promise<{ models: RegisteredLoggedModel[]; nextPageToken: string | null }> {
    const experimentIds = [...new Set(request.experiment_ids)].toSorted();
    if (experimentIds.length === 0) return { models: [], nextPageToken: null };
    return this.database.read(async (tx) => {
      const page = await this.models.search(tx, actor.workspace, {
        experimentIds,
        filter: request.filter,
        datasets: request.datasets.map(({ dataset_name, dataset_digest }) => ({
          name: dataset_name,
          digest: dataset_digest,
        })),
        orderBy: request.order_by,
        size: request.max_results,
        pageToken: request.page_token,
      });
      const registrations = await this.registrations.ofLoggedModels(
        tx,
        page.models.map(({ model }) => model.id),
        hiddenModels(actor),
      );
      return {
        ...page,
        models: page.models.map((model) => registeredAs(actor, model, registrations.get(model.model.id) ?? [])),
      };
    });
  }
}
