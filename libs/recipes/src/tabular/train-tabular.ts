import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sequential, Tensor } from '@tensorflow/tfjs';
import type { TabularPreprocessing } from '@assay/contracts';
import {
  applyTabular,
  epochPermutation,
  fitTabular,
  logLoss,
  rocAuc,
  tabularLabels,
  tabularWidth,
  type TableRow,
} from '@assay/pure/ml';
import { buildDenseNetwork, saveNetwork, scoreRows, type NetworkFiles } from '../tensorflow/dense-network.js';
import type { TensorFlow } from '../tensorflow/load-tensorflow.js';

export interface TabularTraining {
  readonly target: string;
  readonly positive: string;
  readonly exclude: readonly string[];
  readonly categorical: readonly string[];
  readonly validationFraction: number;
  readonly hidden: readonly number[];
  readonly l2: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without a better validation loss after which training ends; the best epoch's weights are kept. */
  readonly patience: number;
  readonly seed: number;
}

/** What one epoch gave. `loss` includes the L2 penalty; `valLoss` is the plain log loss. */
export interface EpochMetrics {
  readonly epoch: number;
  readonly loss: number;
  readonly valLoss: number;
  readonly valAuc: number | null;
}

export interface TrainedTabular {
  readonly preprocessing: TabularPreprocessing;
  readonly files: NetworkFiles;
  readonly best: EpochMetrics;
  readonly epochsRun: number;
  readonly trainRows: number;
  readonly validationRows: number;
}

export interface TrainingHooks {
  readonly signal: AbortSignal;
  /** May throw to end the training. */
  onEpoch(metrics: EpochMetrics): void;
}

/**
 * Trains a binary classifier on table rows. With the same rows, settings and backend it gives the same weights bit by bit: the
 * split and each epoch's order come from (seed, epoch), the initial weights from the seed, nothing from the clock.
 */
export async function trainTabular(
  tf: TensorFlow,
  rows: readonly TableRow[],
  settings: TabularTraining,
  hooks: TrainingHooks,
): Promise<TrainedTabular> {
  const { train, validation } = splitRows(rows, settings);
  const preprocessing = fitTabular(train, settings);
  const width = tabularWidth(preprocessing);
  const labels = Float32Array.from(tabularLabels(preprocessing, train));
  const matrix = applyTabular(preprocessing, train);
  const held = { matrix: applyTabular(preprocessing, validation), labels: tabularLabels(preprocessing, validation) };
  const network = buildDenseNetwork(tf, { ...settings, inputs: width });
  const inputs = tf.tensor2d(matrix, [train.length, width]);
  const targets = tf.tensor2d(labels, [train.length, 1]);
  const best = new BestEpoch();
  try {
    let epoch = 0;
    for (; epoch < settings.epochs && !best.exhausted(epoch, settings.patience); epoch += 1) {
      hooks.signal.throwIfAborted();
      const loss = await fitEpoch(tf, network, inputs, targets, settings, epoch);
      const scored = { labels: held.labels, scores: scoreRows(tf, network, held.matrix, width) };
      const metrics = { epoch, loss, valLoss: logLoss(scored) ?? Number.NaN, valAuc: rocAuc(scored) };
      best.offer(metrics, network);
      hooks.onEpoch(metrics);
      await nextTurn(); // lets signs of life and metrics out between epochs
    }
    const kept = best.restore(network);
    const files = await saveNetwork(tf, network);
    return {
      preprocessing,
      files,
      best: kept,
      epochsRun: epoch,
      trainRows: train.length,
      validationRows: validation.length,
    };
  } finally {
    best.dispose();
    tf.dispose([inputs, targets]);
    network.optimizer.dispose(); // the network disposes only an optimizer that it made itself
    network.dispose();
  }
}

async function fitEpoch(
  tf: TensorFlow,
  network: Sequential,
  inputs: Tensor,
  targets: Tensor,
  settings: TabularTraining,
  epoch: number,
): Promise<number> {
  const order = tf.tensor1d(epochPermutation(targets.shape[0] ?? 0, settings.seed, epoch), 'int32');
  const [x, y] = [tf.gather(inputs, order), tf.gather(targets, order)];
  try {
    const { history } = await network.fit(x, y, {
      epochs: 1,
      batchSize: settings.batchSize,
      shuffle: false,
      verbose: 0,
      yieldEvery: 200,
    });
    const loss = history['loss']?.[0];
    if (typeof loss !== 'number' || !Number.isFinite(loss))
      throw new Error(`training diverged in epoch ${epoch}: the loss is ${String(loss)}; lower the learning rate`);
    return loss;
  } finally {
    tf.dispose([order, x, y]);
  }
}

/** Splits rows by a seeded permutation that no epoch uses. */
export function splitRows(
  rows: readonly TableRow[],
  { seed, validationFraction }: Pick<TabularTraining, 'seed' | 'validationFraction'>,
): { train: TableRow[]; validation: TableRow[] } {
  const order = epochPermutation(rows.length, seed, splitStream);
  const validationCount = Math.round(rows.length * validationFraction);
  const pick = (places: Int32Array): TableRow[] => [...places].sort((a, b) => a - b).map((place) => rows[place] ?? {});
  return { validation: pick(order.slice(0, validationCount)), train: pick(order.slice(validationCount)) };
}

const splitStream = -1;

/** Remembers the weights of the epoch with the lowest validation loss. */
class BestEpoch {
  private metrics: EpochMetrics | null = null;
  private weights: Tensor[] = [];

  offer(metrics: EpochMetrics, network: Sequential): void {
    if (this.metrics !== null && metrics.valLoss >= this.metrics.valLoss) return;
    this.dispose();
    this.metrics = metrics;
    this.weights = network.getWeights().map((weight) => weight.clone());
  }

  exhausted(epoch: number, patience: number): boolean {
    return this.metrics !== null && epoch - this.metrics.epoch > patience;
  }

  restore(network: Sequential): EpochMetrics {
    if (this.metrics === null) throw new Error('no epoch was trained');
    network.setWeights(this.weights);
    return this.metrics;
  }

  dispose(): void {
    for (const weight of this.weights) weight.dispose();
    this.weights = [];
  }
}
