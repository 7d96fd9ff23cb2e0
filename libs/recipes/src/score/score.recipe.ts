import { z } from 'zod';
import type { JobResult, ModelVersionInput, ScoreRecipe } from '@assay/contracts';
import type { Cell, TableRow } from '@assay/pure/ml';
import { loadDataset, type LoadedDataset } from '../api/dataset.js';
import { JobRun } from '../api/job-run.js';
import { loadModelVersion, resolvePointer, type LoadedModel } from '../api/model-version.js';
import type { Recipe, RecipeContext } from '../recipe.js';

const predictionsAnswer = z.looseObject({
  accepted: z.number(),
  duplicates: z.number(),
  refusedRows: z.number().default(0),
  refused: z.array(z.looseObject({ line: z.number().optional(), reason: z.string() })).default([]),
});
const windowAnswer = z.looseObject({
  id: z.string(),
  verdict: z.string(),
  shifted: z.array(z.string()).default([]),
  alertId: z.string().nullable().default(null),
});

const versionTag = 'assay.model.version';

/** Scores a dataset with a pointer's holder, hands the predictions in under fixed ids, and asks the monitor for its window. */
export const score: Recipe<ScoreRecipe> = {
  name: 'score',
  version: 1,
  async run({ inputs, params }: ScoreRecipe, context: RecipeContext): Promise<JobResult> {
    const run = await JobRun.open(context, params.experiment, params.runName, 'score');
    const version = await pinnedVersion(context, run, inputs.model);
    context.log(`models:/${inputs.model.name}@${inputs.model.alias} is version ${version.version}`);
    const dataset = await loadDataset(context, inputs.dataset);
    const model = await loadModelVersion(context, version);
    try {
      await run.logParams({ pointer: `${inputs.model.name}@${inputs.model.alias}`, from: params.from, to: params.to });
      await run.logDataset(dataset, 'scoring');
      const handedIn = await handIn(context, params, model, dataset);
      const window = params.monitor === undefined ? {} : await closeWindow(context, params, params.monitor);
      await run.logMetrics([
        { key: 'rows', value: dataset.rows.length },
        { key: 'mean_score', value: handedIn.meanScore },
      ]);
      await run.update('FINISHED');
      return {
        runId: run.runId,
        model: version.name,
        version: version.version,
        rows: dataset.rows.length,
        ...handedIn,
        ...window,
      };
    } finally {
      model.dispose();
    }
  },
};

/** What the pointer held when the job first looked: a later attempt goes on with the same version, also when the pointer has moved. */
export async function pinnedVersion(
  context: RecipeContext,
  run: JobRun,
  pointer: ScoreRecipe['inputs']['model'],
): Promise<ModelVersionInput> {
  const before = await run.tag(versionTag);
  if (before !== null) return { name: pointer.name, version: before };
  const version = await resolvePointer(context, pointer);
  await run.setTags({ [versionTag]: version.version });
  return version;
}

async function handIn(
  context: RecipeContext,
  params: ScoreRecipe['params'],
  model: LoadedModel,
  dataset: LoadedDataset,
) {
  const rows = predictions(params, model, dataset);
  const sum = { accepted: 0, duplicates: 0 };
  for (let start = 0; start < rows.length; start += params.batchRows) {
    const batch = rows.slice(start, start + params.batchRows);
    const answer = await context.api.send('POST', '/api/v1/predictions', { predictions: batch }, predictionsAnswer, {
      repeatable: true,
    });
    if (answer.refusedRows > 0)
      throw new Error(
        `${answer.refusedRows} predictions were refused, the first because ${answer.refused[0]?.reason ?? 'of an unknown reason'}`,
      );
    sum.accepted += answer.accepted;
    sum.duplicates += answer.duplicates;
    context.progress({ stage: 'handing in predictions', done: start + batch.length, total: rows.length });
  }
  context.log(`${sum.accepted} predictions accepted, ${sum.duplicates} known before`);
  return { ...sum, meanScore: rows.reduce((total, row) => total + row.score, 0) / Math.max(1, rows.length) };
}

/** One prediction per row: features as the columns hold them, times spread evenly over the window, ids that a repeated attempt makes again. */
export function predictions(
  params: ScoreRecipe['params'],
  model: Pick<LoadedModel, 'name' | 'version' | 'preprocessing' | 'score'>,
  dataset: Pick<LoadedDataset, 'columns' | 'rows'>,
) {
  const { target, positive } = model.preprocessing;
  const features = dataset.columns.filter(
    (column) => column !== params.idColumn && column !== target && !params.exclude.includes(column),
  );
  const numeric = new Set(model.preprocessing.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name));
  const from = Date.parse(params.from);
  const step = (Date.parse(params.to) - from) / Math.max(1, dataset.rows.length);
  if (!(step > 0)) throw new Error(`the time from ${params.from} to ${params.to} is empty`);
  const scores = model.score(dataset.rows);
  return dataset.rows.map((row, index) => {
    const value = scores[index] ?? Number.NaN;
    return {
      id: `${params.idPrefix}${rowId(row, params.idColumn)}`,
      model: model.name,
      version: model.version,
      at: new Date(from + Math.floor(step * index)).toISOString(),
      features: Object.fromEntries(features.map((name) => [name, feature(row[name], numeric.has(name))])),
      score: value,
      output: value >= params.threshold ? positive : `not ${positive}`,
    };
  });
}

function feature(cell: Cell, numeric: boolean): string | number | boolean | null {
  if (cell === undefined || cell === null || cell === '') return null;
  return numeric ? Number(cell) : cell;
}

function rowId(row: TableRow, column: string): string {
  const id = String(row[column] ?? '').trim();
  if (id === '') throw new Error(`a row has no id in column '${column}'`);
  return id;
}

async function closeWindow({ api, log }: RecipeContext, { from, to, label }: ScoreRecipe['params'], monitor: string) {
  const request = { from, to, ...(label === undefined ? {} : { label }) };
  const window = await api.send(
    'POST',
    `/api/v1/monitors/${encodeURIComponent(monitor)}/windows`,
    request,
    windowAnswer,
    { repeatable: true },
  );
  log(`the monitor says: ${window.verdict}${window.shifted.length > 0 ? ` (${window.shifted.join(', ')})` : ''}`);
  return { windowId: window.id, verdict: window.verdict, shifted: window.shifted.join(', '), alertId: window.alertId };
}
