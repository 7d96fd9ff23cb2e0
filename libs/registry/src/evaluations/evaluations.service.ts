import type { Actor, Evaluation } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { shownEvaluation } from './evaluation.js';
import { EvaluationStore } from './evaluation.store.js';

@Injectable()
export class EvaluationsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly evaluations: EvaluationStore,
    private readonly models: RegisteredModelStore,
  ) {}

  async get(actor: Actor, id: string): Promise<Evaluation> {
    const found = await this.database.read((tx) => this.evaluations.find(tx, actor.workspace, id));
    if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no evaluation '${id}'.`);
    return shownEvaluation(found, actor);
  }

  async list(actor: Actor, input: { model: string; version?: string; datasetDigest?: string }): Promise<Evaluation[]> {
    const found = await this.database.read(async (tx) => {
      const model = await this.models.find(tx, actor.workspace, input.model);
      if (model === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no model '${input.model}'.`);
      const version = input.version === undefined ? {} : { version: Number(input.version) };
      const datasetDigest = input.datasetDigest === undefined ? {} : { datasetDigest: input.datasetDigest };
      return this.evaluations.list(tx, model.id, { ...version, ...datasetDigest });
    });
    return found.map((each) => shownEvaluation(each, actor));
  }
}
