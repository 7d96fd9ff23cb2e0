import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import type { LogInputsRequest, LogOutputsRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { loggedModelNotFound } from '../logged-models/logged-model.js';
import { LoggedModelStore } from '../logged-models/logged-model.store.js';
import { requireActiveRun, type Run, runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { type DatasetSummary, InputsStore } from './inputs.store.js';

/** Notes what a run read and what it made. Repeating a note changes nothing. */
@Injectable()
export class InputsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly runs: RunStore,
    private readonly inputs: InputsStore,
    private readonly loggedModels: LoggedModelStore,
  ) {}

  async logInputs(actor: Actor, request: LogInputsRequest): Promise<void> {
    await this.writes.transaction(actor, { kind: 'run', id: request.run_id }, async (tx) => {
      const run = await this.activeRun(tx, actor, request.run_id, request.models);
      await this.inputs.addDatasets(tx, run.number, run.experimentId, request.datasets);
      await this.inputs.addModels(tx, run.number, 'input', request.models);
    });
  }

  async datasetSummaries(actor: Actor, experimentIds: readonly string[]): Promise<DatasetSummary[]> {
    return this.database.read((tx) => this.inputs.summaries(tx, actor.workspace, experimentIds));
  }

  async logOutputs(actor: Actor, request: LogOutputsRequest): Promise<void> {
    const loggedModelIds = request.models.map(({ model_id }) => model_id);
    await this.writes.transaction(actor, { kind: 'run', id: request.run_id, loggedModelIds }, async (tx) => {
      const run = await this.activeRun(tx, actor, request.run_id, request.models);
      await this.inputs.addModels(tx, run.number, 'output', request.models);
    });
  }

  private async activeRun(tx: Tx, actor: Actor, id: string, models: readonly { model_id: string }[]): Promise<Run> {
    const run = await this.runs.lock(tx, actor.workspace, id); // before what hangs on it, as every writer does
    if (run === null) throw runNotFound(id);
    requireActiveRun(run);
    const unknown = await this.loggedModels.firstUnknown(
      tx,
      actor.workspace,
      models.map(({ model_id }) => model_id),
    );
    if (unknown !== null) throw loggedModelNotFound(unknown);
    return run;
  }
}
