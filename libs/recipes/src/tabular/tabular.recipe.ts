import type { JobResult, TabularRecipe } from '@assay/contracts';
import { loadDataset } from '../api/dataset.js';
import { JobRun, type MetricPoint } from '../api/job-run.js';
import { logModel, registerModel } from '../api/logged-model.js';
import type { Recipe, RecipeContext } from '../recipe.js';
import { tabularModelFiles } from './model-files.js';
import { type EpochMetrics, trainTabular } from './train-tabular.js';

/** Trains a binary classifier on a pinned dataset, as a run with its history, logs the model, and registers it where asked. */
export const tabular: Recipe<TabularRecipe> = {
  name: 'tabular',
  version: 1,
  async run({ inputs, params }: TabularRecipe, context: RecipeContext): Promise<JobResult> {
    const run = await JobRun.open(context, params.experiment, params.runName, 'tabular');
    const dataset = await loadDataset(context, inputs.dataset);
    const { tf, backend } = await context.tensorFlow();
    const { experiment: _experiment, runName: _runName, register, ...settings } = params;
    await run.logParams(settings);
    await run.setTags({ 'assay.backend': `${backend.kind}/${backend.name} ${backend.version}` });
    await run.logDataset(dataset, 'training');

    const logged = await run.lastStep('loss');
    if (logged >= 0)
      context.log(`epochs up to ${logged} were logged by an earlier attempt; they are trained again, not logged again`);
    const trained = await trainTabular(tf, dataset.rows, params, {
      signal: context.signal,
      onEpoch: (metrics) => {
        if (metrics.epoch > logged) run.streamMetrics(epochPoints(metrics));
        context.progress({ stage: 'training', done: metrics.epoch + 1, total: params.epochs });
        context.log(epochLine(metrics, params.epochs));
      },
    });
    context.log(
      `kept epoch ${trained.best.epoch + 1} of ${trained.epochsRun}: validation loss ${trained.best.valLoss.toFixed(4)}`,
    );

    context.progress({ stage: 'saving the model', done: 0, total: null });
    const modelId = await logModel(context, run, {
      name: params.modelName,
      params: { seed: String(params.seed), hidden: JSON.stringify(params.hidden) },
      files: (id) =>
        tabularModelFiles(trained, {
          modelId: id,
          runId: run.runId,
          modelName: params.modelName,
          tfjsVersion: tf.version['tfjs-core'],
          createdAt: context.now(),
        }),
    });
    const summary = {
      best_epoch: trained.best.epoch,
      best_val_loss: trained.best.valLoss,
      ...(trained.best.valAuc === null ? {} : { best_val_auc: trained.best.valAuc }),
    };
    await run.logMetrics(Object.entries(summary).map(([key, value]) => ({ key, value, modelId })));
    const metricsFile = {
      ...summary,
      epochs_run: trained.epochsRun,
      train_rows: trained.trainRows,
      validation_rows: trained.validationRows,
    };
    await run.upload(
      'metrics.json',
      new TextEncoder().encode(`${JSON.stringify(metricsFile, null, 1)}\n`),
      'application/json',
    );
    const version = register === undefined ? null : await registerModel(context, run, modelId, register);
    if (version !== null) context.log(`registered as ${register} version ${version}`);
    await run.update('FINISHED');
    return {
      runId: run.runId,
      modelId,
      ...(register === undefined ? {} : { model: register, version }),
      ...metricsFile,
    };
  },
};

function epochPoints({ epoch, loss, valLoss, valAuc }: EpochMetrics): MetricPoint[] {
  const points = [
    { key: 'loss', value: loss, step: epoch },
    { key: 'val_loss', value: valLoss, step: epoch },
  ];
  return valAuc === null ? points : [...points, { key: 'val_auc', value: valAuc, step: epoch }];
}

function epochLine({ epoch, loss, valLoss, valAuc }: EpochMetrics, epochs: number): string {
  const auc = valAuc === null ? '' : `, validation AUC ${valAuc.toFixed(4)}`;
  return `epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(4)}, validation loss ${valLoss.toFixed(4)}${auc}`;
}
