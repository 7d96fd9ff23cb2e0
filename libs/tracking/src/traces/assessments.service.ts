import type { Actor } from '@assay/contracts';
import { Clock, type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { AssessmentInput, UpdateAssessmentRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { newAssessment, updatedAssessment } from './assessment.js';
import { AssessmentStore } from './assessment.store.js';
import { type Assessment, traceNotFound } from './trace.js';
import { TraceStore } from './trace.store.js';

/** Feedback, expectations and issues of traces. */
@Injectable()
export class AssessmentsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly traces: TraceStore,
    private readonly assessments: AssessmentStore,
    private readonly clock: Clock,
  ) {}

  /** Says something about a trace; what it overrides does not count any more. */
  async create(actor: Actor, traceId: string, input: AssessmentInput): Promise<Assessment> {
    const assessment = newAssessment(traceId, input, this.clock.now().getTime());
    return this.change(actor, traceId, async (tx) => {
      const replaced = assessment.overrides;
      if (replaced !== null && !(await this.assessments.setValid(tx, traceId, replaced, false)))
        throw assessmentNotFound(traceId, replaced);
      if (!(await this.assessments.put(tx, [assessment])))
        throw new AppError('RESOURCE_ALREADY_EXISTS', `An assessment with ID '${assessment.id}' exists already.`);
      return assessment;
    });
  }

  async get(actor: Actor, traceId: string, id: string): Promise<Assessment> {
    return this.database.read((tx) => this.found(tx, actor, traceId, id));
  }

  async update(actor: Actor, request: UpdateAssessmentRequest): Promise<Assessment> {
    const { trace_id: traceId, assessment_id: id } = request;
    return this.change(actor, traceId, async (tx) => {
      const before = await this.found(tx, actor, traceId, id);
      const after = updatedAssessment(before, request, this.clock.now().getTime());
      await this.assessments.put(tx, [after]);
      return after;
    });
  }

  /** Takes an assessment back; what it had replaced counts again. One that is not there is no error. */
  async delete(actor: Actor, traceId: string, id: string): Promise<void> {
    await this.change(actor, traceId, async (tx) => {
      const assessment = await this.assessments.find(tx, actor.workspace, traceId, id);
      if (assessment === null) return;
      if (assessment.overrides !== null) await this.assessments.setValid(tx, traceId, assessment.overrides, true);
      await this.assessments.delete(tx, traceId, id);
    });
  }

  private async change<T>(actor: Actor, traceId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.writes.transaction(actor, { kind: 'trace', ids: [traceId], runId: null }, async (tx) => {
      if ((await this.traces.lock(tx, actor.workspace, traceId)) === null) throw traceNotFound(traceId);
      return work(tx);
    });
  }

  private async found(tx: Tx, actor: Actor, traceId: string, id: string): Promise<Assessment> {
    const assessment = await this.assessments.find(tx, actor.workspace, traceId, id);
    if (assessment !== null) return assessment;
    const [trace] = await this.traces.byIds(tx, actor.workspace, [traceId], null);
    throw trace === undefined ? traceNotFound(traceId) : assessmentNotFound(traceId, id);
  }
}

function assessmentNotFound(traceId: string, id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Assessment with ID '${id}' not found for trace '${traceId}'`);
}
