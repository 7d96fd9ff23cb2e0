import {
  type Actor,
  completed,
  completeExperimentRequest,
  type CompleteExperimentRequest,
  completeLoggedModelRequest,
  type CompleteLoggedModelRequest,
  completeRunRequest,
  type CompleteRunRequest,
  importedExperiment,
  type ImportedExperiment,
  importedOwner,
  type ImportedOwner,
  importExperimentRequest,
  type ImportExperimentRequest,
  importLoggedModelRequest,
  type ImportLoggedModelRequest,
  importRunRequest,
  type ImportRunRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ImportExperiment } from './import-experiment.js';
import { ImportLoggedModel } from './import-logged-model.js';
import { ImportRun } from './import-run.js';

/** Experiments, runs and logged models that another server made: what `assay import` calls. */
@Controller()
export class ImportsController {
  constructor(
    private readonly experiments: ImportExperiment,
    private readonly runs: ImportRun,
    private readonly loggedModels: ImportLoggedModel,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/experiments',
    permission: 'tracking:import',
    summary: 'Brings an experiment from another server, or finds the one that was brought before',
    request: importExperimentRequest,
    response: importedExperiment,
  })
  async experiment(@Input() input: ImportExperimentRequest, @Caller() actor: Actor): Promise<ImportedExperiment> {
    return this.experiments.begin(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/experiments/complete',
    permission: 'tracking:import',
    summary: 'Gives an imported experiment the stage that it has at its origin',
    request: completeExperimentRequest,
    response: completed,
  })
  async completeExperiment(
    @Input() input: CompleteExperimentRequest,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.complete(actor, input);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/runs',
    permission: 'tracking:import',
    summary: 'Brings a run from another server; what it logged follows through the ordinary calls',
    request: importRunRequest,
    response: importedOwner,
  })
  async run(@Input() input: ImportRunRequest, @Caller() actor: Actor): Promise<ImportedOwner> {
    return this.runs.begin(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/runs/complete',
    permission: 'tracking:import',
    summary: 'Gives an imported run the state that it has at its origin',
    request: completeRunRequest,
    response: completed,
  })
  async completeRun(@Input() input: CompleteRunRequest, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.runs.complete(actor, input);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/logged-models',
    permission: 'tracking:import',
    summary: 'Brings a logged model from another server; its files follow through the ordinary calls',
    request: importLoggedModelRequest,
    response: importedOwner,
  })
  async loggedModel(@Input() input: ImportLoggedModelRequest, @Caller() actor: Actor): Promise<ImportedOwner> {
    return this.loggedModels.begin(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/logged-models/complete',
    permission: 'tracking:import',
    summary: 'Gives an imported logged model the status that it has at its origin',
    request: completeLoggedModelRequest,
    response: completed,
  })
  async completeLoggedModel(
    @Input() input: CompleteLoggedModelRequest,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.loggedModels.complete(actor, input);
    return {};
  }
}
