import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { EvaluateRecipe, JobResult, ModelVersionInput, RecordEvaluationRequest } from '@assay/contracts';
import { encodeScoreTable } from '@assay/pure/formats';
import { binaryReport, tabularLabels, type BinaryReport } from '@assay/pure/ml';
import { ApiError } from '../api/api-client.js';
import { loadDataset, type LoadedDataset } from '../api/dataset.js';
import { JobRun } from '../api/job-run.js';
import { loadModelVersion } from '../api/model-version.js';
import type { Recipe, RecipeContext } from '../recipe.js';
import { calibrationOf, codedGroups, groupsOf, metricValues, slicesOf } from './evaluation-facts.js';

interface Measured {
  readonly model: RecordEvaluationRequest['model'];
  readonly slices: EvaluateRecipe['params']['slices'];
  readonly report: BinaryReport;
  readonly scores: { path: string; digest: string; rows: number };
}

const evaluationAnswer = z.looseObject({ id: z.string() });
const evaluationsAnswer = z.looseObject({
  evaluations: z.array(
    z.looseObject({ id: z.string(), jobId: z.string(), model: z.looseObject({ version: z.string() }) }),
  ),
});

/** Measures a version, and the one to compare with, on a pinned dataset; keeps every score and reports the evaluations. */
export const evaluate: Recipe<EvaluateRecipe> = {
  name: 'evaluate',
  version: 1,
  async run({ inputs, params }: EvaluateRecipe, context: RecipeContext): Promise<JobResult> {
    const run = await JobRun.open(context, params.experiment, params.runName, 'evaluate');
    await run.logParams({
      model: `${inputs.model.name}/${inputs.model.version}`,
      threshold: params.threshold,
      slices: params.slices,
      seed: params.seed,
    });
    const dataset = await loadDataset(context, inputs.dataset);
    await run.logDataset(dataset, 'evaluation');
    const compared =
      inputs.comparedWith === undefined ? null : await measure(context, run, inputs.comparedWith, dataset, params);
    const measured = await measure(context, run, inputs.model, dataset, params);

    context.progress({ stage: 'reporting', done: 0, total: null });
    const comparedId = compared === null ? null : await report(context, compared, dataset, null);
    const evaluationId = await report(context, measured, dataset, inputs.comparedWith ?? null);
    const metrics = metricValues(measured.report.overall);
    await run.logMetrics(Object.entries(metrics).map(([key, value]) => ({ key, value })));
    await run.upload(
      'report.json',
      new TextEncoder().encode(`${JSON.stringify(measured.report, null, 1)}\n`),
      'application/json',
    );
    await run.update('FINISHED');
    return {
      runId: run.runId,
      evaluationId,
      ...(comparedId === null ? {} : { comparedEvaluationId: comparedId }),
      rows: dataset.rows.length,
      ...metrics,
    };
  },
};

async function measure(
  context: RecipeContext,
  run: JobRun,
  version: ModelVersionInput,
  dataset: LoadedDataset,
  params: EvaluateRecipe['params'],
): Promise<Measured> {
  context.progress({
    stage: `scoring ${version.name} version ${version.version}`,
    done: 0,
    total: dataset.rows.length,
  });
  const model = await loadModelVersion(context, version);
  try {
    const labels = tabularLabels(model.preprocessing, dataset.rows);
    const scores = model.score(dataset.rows);
    const groups = Object.fromEntries(params.slices.map((slice) => [slice.column, groupsOf(dataset.rows, slice)]));
    const pause = async () => {
      await nextTurn(); // lets signs of life out: on many rows this takes longer than a lease
      context.signal.throwIfAborted();
    };
    const measuredReport = await binaryReport(
      { labels, scores },
      { threshold: params.threshold, bins: params.calibrationBins, seed: params.seed, groups, pause },
    );
    const table = encodeScoreTable({
      labels: Uint8Array.from(labels),
      scores: Float64Array.from(scores),
      groups: Object.entries(groups).map(([column, values]) => codedGroups(column, values)),
    });
    const path = `scores/${createHash('sha256').update(version.name).digest('hex').slice(0, 12)}-${version.version}.scores`;
    await uploadScores(run, path, table);
    context.log(
      `${version.name} version ${version.version}: AUC ${format(measuredReport.overall.auc)}, accuracy ${format(measuredReport.overall.accuracy)} on ${scores.length} rows`,
    );
    return {
      model: { ...version, manifest: model.manifest },
      slices: params.slices,
      report: measuredReport,
      scores: { path, digest: createHash('sha256').update(table).digest('hex'), rows: scores.length },
    };
  } finally {
    model.dispose();
  }
}

/** Scores that an earlier attempt of this job reported are sealed; that report stands, so these are not needed. */
async function uploadScores(run: JobRun, path: string, table: Uint8Array): Promise<void> {
  try {
    await run.upload(path, table, 'application/octet-stream');
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}

/** Reports an evaluation unless an earlier attempt of this job did. */
async function report(
  { api, jobId }: RecipeContext,
  { model, slices, report: measured, scores }: Measured,
  dataset: LoadedDataset,
  comparedWith: ModelVersionInput | null,
): Promise<string> {
  const query = new URLSearchParams({ model: model.name, version: model.version, datasetDigest: dataset.sha256 });
  const known = await api.get(`/api/v1/evaluations?${query.toString()}`, evaluationsAnswer);
  const existing = known.evaluations.find((evaluation) => evaluation.jobId === jobId);
  if (existing !== undefined) return existing.id;
  const request: RecordEvaluationRequest = {
    model,
    dataset: { name: dataset.name, version: dataset.version, digest: dataset.sha256 },
    rows: measured.overall.rows,
    threshold: measured.threshold,
    metrics: definite(metricValues(measured.overall)),
    slices: slicesOf(measured, slices).map(({ groups, ...slice }) => ({
      ...slice,
      groups: groups.map((group) => ({ ...group, metrics: definite(group.metrics) })),
    })),
    calibration: calibrationOf(measured),
    comparedWith,
    scores,
  };
  // One job reports the same facts once, however often it sends them.
  return (await api.send('POST', '/api/v1/evaluations', request, evaluationAnswer, { repeatable: true })).id;
}

function definite(metrics: Partial<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function format(value: number | null): string {
  return value === null ? 'undefined' : value.toFixed(4);
}
