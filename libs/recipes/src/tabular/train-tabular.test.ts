import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '@assay/pure/formats';
import { applyTabular, epochPermutation, rocAuc, tabularLabels, tabularWidth, type TableRow } from '@assay/pure/ml';
import { tabularRecipe } from '@assay/contracts';
import { loadNetwork, scoreRows } from '../tensorflow/dense-network.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { findNativeBinding } from '../tensorflow/native-binding.js';
import { type EpochMetrics, splitRows, trainTabular } from './train-tabular.js';

const binding = findNativeBinding();
const { params } = tabularRecipe.parse({
  recipe: 'tabular',
  inputs: { dataset: { name: 'german-credit', version: 1 } },
  params: {
    experiment: 'credit',
    target: 'credit_risk',
    positive: 'bad',
    exclude: ['applicant_id', 'sex', 'personal_status'],
    seed: 7,
  },
});
const rows = germanCredit();
const order = epochPermutation(rows.length, 20240607, 0);
const part = (from: number, to: number): TableRow[] => Array.from(order.slice(from, to), (place) => rows[place] ?? {});
const training = part(0, 350);
const heldOut = part(350, 500);

describe('training on the portable backend', () => {
  trainsGermanCredit(null);

  it('stops when it is told to', async () => {
    const { tf } = await loadTensorFlow({ bindingPath: null });
    const controller = new AbortController();
    const seen: number[] = [];
    const running = trainTabular(tf, training, params, {
      signal: controller.signal,
      onEpoch: ({ epoch }) => {
        seen.push(epoch);
        if (epoch === 2) controller.abort(new Error('cancelled'));
      },
    });
    await expect(running).rejects.toThrow('cancelled');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('leaves no tensor behind', async () => {
    const { tf } = await loadTensorFlow({ bindingPath: null });
    await train(null, { epochs: 1 });
    const before = tf.memory().numTensors;
    await train(null, { epochs: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says why it is portable', async () => {
    const { backend } = await loadTensorFlow({
      bindingPath: null,
      missingReason: 'g++ is missing: apt-get install g++',
    });
    expect(backend).toMatchObject({
      kind: 'portable',
      name: 'wasm',
      gpu: false,
      reason: 'g++ is missing: apt-get install g++',
    });
  });

  it('falls back when the binding is not where it should be', async () => {
    const { backend } = await loadTensorFlow({ bindingPath: '/nowhere/tfjs_binding.node' });
    expect(backend.kind).toBe('portable');
    expect(backend.reason).toContain('/nowhere/tfjs_binding.node');
  });
});

describe('the split', () => {
  it('holds each row once, and the same rows for the same seed', () => {
    const { train: kept, validation } = splitRows(training, params);
    expect(validation).toHaveLength(70);
    expect(new Set([...kept, ...validation]).size).toBe(350);
    expect(splitRows(training, params).validation).toEqual(validation);
    expect(splitRows(training, { ...params, seed: 8 }).validation).not.toEqual(validation);
  });
});

describe.skipIf(binding === null)('training on the native binding (needs native TensorFlow)', () => {
  trainsGermanCredit(binding);

  it('computes with TensorFlow itself', async () => {
    const { backend } = await loadTensorFlow({ bindingPath: binding });
    expect(backend).toMatchObject({ kind: 'native', name: 'tensorflow' });
    expect(backend.version).toMatch(/^2\./);
  });
});

function trainsGermanCredit(bindingPath: string | null): void {
  it('reaches an AUC of 0.72 on held-out applicants, for several seeds', async () => {
    const { tf } = await loadTensorFlow({ bindingPath });
    for (const seed of [1, 7, 42]) {
      const { trained } = await train(bindingPath, { seed });
      const network = await loadNetwork(tf, trained.files);
      const matrix = applyTabular(trained.preprocessing, heldOut);
      const scores = scoreRows(tf, network, matrix, tabularWidth(trained.preprocessing));
      network.dispose();
      expect(rocAuc({ labels: tabularLabels(trained.preprocessing, heldOut), scores })).toBeGreaterThan(0.72);
    }
  });

  it('gives the same weights and metrics bit by bit for the same seed, and others for another', async () => {
    const first = await train(bindingPath, { epochs: 4 });
    const again = await train(bindingPath, { epochs: 4 });
    const other = await train(bindingPath, { epochs: 4, seed: 8 });
    expect(again.epochs).toEqual(first.epochs);
    expect(Buffer.compare(again.trained.files.weights, first.trained.files.weights)).toBe(0);
    expect(Buffer.compare(other.trained.files.weights, first.trained.files.weights)).not.toBe(0);
  });
}

async function train(bindingPath: string | null, changes: Partial<typeof params> = {}) {
  const { tf } = await loadTensorFlow({ bindingPath });
  const epochs: EpochMetrics[] = [];
  const hooks = {
    signal: new AbortController().signal,
    onEpoch: (metrics: EpochMetrics) => void epochs.push(metrics),
  };
  return { trained: await trainTabular(tf, training, { ...params, ...changes }, hooks), epochs };
}

function germanCredit(): TableRow[] {
  const table = parseCsv(
    readFileSync(new URL('../../../../tests/fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8'),
  );
  return table.rows.map((fields) => Object.fromEntries(table.columns.map((column, index) => [column, fields[index]])));
}
