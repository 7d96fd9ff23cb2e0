import {
  type Actor,
  type Evaluation,
  type RecordEvaluationRequest,
  evaluation,
  evaluationList,
  evaluationListRequest,
  evaluationRequest,
  recordEvaluationRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { EvaluationsService } from './evaluations.service.js';
import { RecordEvaluation } from './record-evaluation.js';

@Controller()
export class EvaluationsController {
  constructor(
    private readonly evaluations: EvaluationsService,
    private readonly recordEvaluation: RecordEvaluation,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/evaluations',
    permission: 'evaluations:report',
    models: { fields: ['model.name'] },
    summary: 'Report what the built-in evaluation measured; its job token only',
    request: recordEvaluationRequest,
    response: evaluation,
    status: 201,
  })
  record(@Caller() actor: Actor, @Input() input: RecordEvaluationRequest): Promise<Evaluation> {
    return this.recordEvaluation.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/evaluations',
    permission: 'registry:read',
    models: { fields: ['model'] },
    summary: 'List evaluations of a model',
    request: evaluationListRequest,
    response: evaluationList,
  })
  async list(
    @Caller() actor: Actor,
    @Input() input: { model: string; version?: string; datasetDigest?: string },
  ): Promise<{ evaluations: Evaluation[] }> {
    return { evaluations: await this.evaluations.list(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/evaluations/:id',
    permission: 'registry:read',
    models: { behind: { id: 'evaluation' } },
    summary: 'Show an evaluation',
    request: evaluationRequest,
    response: evaluation,
  })
  get(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Evaluation> {
    return this.evaluations.get(actor, input.id);
  }
}
