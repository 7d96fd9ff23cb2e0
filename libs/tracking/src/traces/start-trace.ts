import type { Actor } from '@assay/contracts';
import { Clock } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { TraceInfoInput } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { newAssessment } from './assessment.js';
import { AssessmentStore } from './assessment.store.js';
import { artifactUriOf, serverTags, traceElsewhere, traceKeys, traceNotFound, type TraceInfo } from './trace.js';
import { TraceStore } from './trace.store.js';

/** Stores what a client says of a trace that has ended, whether or not its spans have come already. Said again, it replaces what was said. */
@Injectable()
export class StartTrace {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly experiments: ExperimentStore,
    private readonly traces: TraceStore,
    private readonly assessments: AssessmentStore,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: TraceInfoInput): Promise<TraceInfo> {
    const id = input.trace_id;
    const experimentId = input.trace_location.mlflow_experiment.experiment_id;
    const target = { kind: 'trace', ids: [id], runId: input.trace_metadata[traceKeys.sourceRun] ?? null } as const;
    return this.writes.transaction(actor, target, async (tx) => {
      const experiment = await this.experiments.byId(tx, actor.workspace, experimentId);
      if (experiment === null) throw experimentNotFound(experimentId);
      requireActiveExperiment(experiment);
      const artifactUri = artifactUriOf(experiment.artifactLocation, id);
      const tags = Object.entries(input.tags).filter(([key]) => !serverTags.includes(key));
      const started = await this.traces.start(tx, actor.workspace, {
        id,
        experimentId,
        requestTimeMs: input.request_time,
        durationMs: input.execution_duration ?? null,
        state: input.state,
        clientRequestId: input.client_request_id ?? null,
        requestPreview: input.request_preview ?? null,
        responsePreview: input.response_preview ?? null,
        artifactUri,
        tags: { ...Object.fromEntries(tags), [traceKeys.artifactLocation]: artifactUri },
        metadata: { ...input.trace_metadata, [traceKeys.finalized]: 'true' },
      });
      if (!started) throw traceElsewhere();
      const now = this.clock.now().getTime();
      const said = input.assessments.map((each) => newAssessment(id, each, now));
      if (!(await this.assessments.put(tx, said)))
        throw new AppError('RESOURCE_ALREADY_EXISTS', 'An assessment with this ID exists already for another trace.');
      const trace = await this.traces.byId(tx, actor.workspace, id);
      if (trace === null) throw traceNotFound(id);
      return trace;
    });
  }
}
