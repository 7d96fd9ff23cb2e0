import type { Actor, Evaluation, RecordEvaluationRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { NotCanonicalisableError } from '@assay/pure/formats';
import { readEvaluationOrder } from '@assay/runner-reads';
import { RunLineage } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { CheckPromotion } from '../promotions/check-promotion.js';
import { type EvaluationRecord, digestOf, shownEvaluation } from './evaluation.js';
import { type EvaluatedVersion, EvaluationStore } from './evaluation.store.js';
import { SealScores } from './seal-scores.js';

/** Keeps what the platform's own evaluation measured: a fact, written once, that gates may rest on. */
@Injectable()
export class RecordEvaluation {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly evaluations: EvaluationStore,
    private readonly lineage: RunLineage,
    private readonly scores: SealScores,
    private readonly audit: AuditClient,
    private readonly promotions: CheckPromotion,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: RecordEvaluationRequest): Promise<Evaluation> {
    const { job } = actor;
    if (job === undefined || job.recipe !== 'evaluate') {
      throw new AppError(
        'PERMISSION_DENIED',
        'Only a job of the built-in recipe "evaluate" reports evaluations: submit one with POST /api/v1/jobs.',
      );
    }
    refuseUnwritable(input);
    return this.database.transaction(async (tx) => {
      await requireOrdered(tx, actor.workspace, job.jobId, input);
      const origin = await this.originOf(tx, actor, input);
      const digest = digestOf(input);
      const reported = await this.evaluations.ofJob(tx, job.jobId, origin.modelId, Number(input.model.version), digest);
      if (reported !== null) return shownEvaluation(reported, actor);
      if (job.runId !== null)
        await this.scores.execute(tx, { workspace: actor.workspace, runId: job.runId }, input.scores);
      const record: EvaluationRecord = {
        id: newId(),
        workspace: actor.workspace,
        modelId: origin.modelId,
        version: Number(input.model.version),
        facts: input,
        digest,
        jobId: job.jobId,
        runId: job.runId,
        reportedBy: actor.onBehalfOf ?? actor.id,
        onTrainingData: await this.lineage.trainedOn(tx, origin, input.dataset.digest),
        createdAt: this.clock.now(),
      };
      await this.evaluations.insert(tx, record);
      await this.audit.record(tx, actor, {
        action: 'registry.evaluation.recorded.v1',
        target: { type: 'model-version', id: record.modelId, version: input.model.version },
        covers: [row('registry.evaluation', record.id)],
        after: {
          evaluation: record.id,
          digest: record.digest,
          dataset: input.dataset.digest,
          metrics: input.metrics,
          onTrainingData: record.onTrainingData,
          scores: input.scores.digest,
        },
        links: { evaluation: record.id },
      });
      await this.promotions.afterEvaluation(tx, actor, record.modelId, record.version);
      return shownEvaluation(record, actor);
    });
  }

  private async originOf(tx: Tx, actor: Actor, input: RecordEvaluationRequest): Promise<EvaluatedVersion> {
    const version = await this.evaluations.originOf(tx, actor.workspace, input.model.name, Number(input.model.version));
    if (version === null)
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no version ${input.model.version} of the model '${input.model.name}'.`,
      );
    if (version.manifest !== input.model.manifest)
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Version ${input.model.version} of the model '${input.model.name}' is not what was evaluated: its files have another digest.`,
      );
    if (!(await this.evaluations.datasetIs(tx, actor.workspace, input.dataset))) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Version ${input.dataset.version} of the dataset '${input.dataset.name}' is not registered with this digest.`,
      );
    }
    if (input.scores.rows !== input.rows)
      throw new AppError('INVALID_PARAMETER_VALUE', 'There must be one score for each row that was evaluated.');
    return version;
  }
}

/** @throws PERMISSION_DENIED for what the job was not asked to measure: its spec, which everybody can read, names what it looks at. */
async function requireOrdered(tx: Tx, workspace: string, jobId: string, input: RecordEvaluationRequest): Promise<void> {
  const order = await readEvaluationOrder(tx, workspace, jobId);
  const asked = order === null ? [] : [order.model, order.comparedWith];
  const isAsked = (told: { name: string; version: string }): boolean =>
    asked.some((each) => each?.name === told.name && each.version === told.version);
  for (const told of [input.model, input.comparedWith])
    if (told !== null && !isAsked(told))
      throw new AppError(
        'PERMISSION_DENIED',
        `This job was not asked to measure version ${told.version} of the model '${told.name}': it reports on what its spec names.`,
      );
  const { name, version } = input.dataset;
  if (order?.dataset.name !== name || order.dataset.version !== version)
    throw new AppError(
      'PERMISSION_DENIED',
      `This job was not asked to measure on version ${version} of the dataset '${name}': it reports on what its spec names.`,
    );
}

/** Half a surrogate pair has no UTF-8 form, so such a fact could not be hashed. */
function refuseUnwritable(input: RecordEvaluationRequest): void {
  try {
    digestOf(input);
  } catch (error) {
    if (!(error instanceof NotCanonicalisableError)) throw error;
    throw new AppError('INVALID_PARAMETER_VALUE', `The evaluation can't be written down: ${error.message}.`);
  }
}
