import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { Experiment } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { experimentNotImported } from './import-refusals.js';
import { ImportStore } from './import.store.js';

/** Finds what an experiment of another server is here. */
@Injectable()
export class ImportedExperiments {
  constructor(
    private readonly imports: ImportStore,
    private readonly experiments: ExperimentStore,
  ) {}

  /** @throws {AppError} when the experiment was not imported, or is gone. */
  async require(tx: Tx, workspace: string, origin: string, sourceId: string): Promise<Experiment> {
    const found = await this.imports.find(tx, { workspace, origin, kind: 'experiment', sourceId });
    const experiment = found === null ? null : await this.experiments.byId(tx, workspace, found.targetId);
    if (experiment === null) throw experimentNotImported(sourceId, origin);
    return experiment;
  }
}
