import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  assessmentResponse,
  createAssessmentRequest,
  deleteAssessmentRequest,
  emptyResponse,
  getAssessmentRequest,
  updateAssessmentRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { AssessmentsService } from './assessments.service.js';
import { assessmentToWire } from './trace-to-wire.js';

const root = '/api/3.0/mlflow/traces/:trace_id/assessments';
type AssessmentResponse = z.infer<typeof assessmentResponse>;

@Controller()
export class AssessmentsController {
  constructor(private readonly assessments: AssessmentsService) {}

  @Endpoint({
    method: 'POST',
    path: root,
    permission: 'tracking:write',
    summary: 'Says something about a trace',
    request: createAssessmentRequest,
    response: assessmentResponse,
  })
  async create(
    @Input() input: z.infer<typeof createAssessmentRequest>,
    @Caller() actor: Actor,
  ): Promise<AssessmentResponse> {
    return { assessment: assessmentToWire(await this.assessments.create(actor, input.trace_id, input.assessment)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:assessment_id`,
    permission: 'tracking:read',
    summary: 'Reads what was said about a trace',
    request: getAssessmentRequest,
    response: assessmentResponse,
  })
  async get(@Input() input: z.infer<typeof getAssessmentRequest>, @Caller() actor: Actor): Promise<AssessmentResponse> {
    return { assessment: assessmentToWire(await this.assessments.get(actor, input.trace_id, input.assessment_id)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:assessment_id`,
    permission: 'tracking:write',
    summary: 'Changes what was said about a trace',
    request: updateAssessmentRequest,
    response: assessmentResponse,
  })
  async update(
    @Input() input: z.infer<typeof updateAssessmentRequest>,
    @Caller() actor: Actor,
  ): Promise<AssessmentResponse> {
    return { assessment: assessmentToWire(await this.assessments.update(actor, input)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/:assessment_id`,
    permission: 'tracking:write',
    summary: 'Takes back what was said about a trace',
    request: deleteAssessmentRequest,
    response: emptyResponse,
  })
  async delete(
    @Input() input: z.infer<typeof deleteAssessmentRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.assessments.delete(actor, input.trace_id, input.assessment_id);
    return {};
  }
}
