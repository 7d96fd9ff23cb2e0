import type { LayersModel, Sequential } from '@tensorflow/tfjs';
import type { TensorFlow } from './load-tensorflow.js';

export interface DenseNetworkShape {
  readonly inputs: number;
  /** Units of each hidden layer; none gives a logistic regression. */
  readonly hidden: readonly number[];
  /** L2 penalty on the weights of every layer. */
  readonly l2: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** The two files of a TensorFlow.js layers model. */
export interface NetworkFiles {
  /** `model.json`: topology and the weights manifest. */
  readonly model: Uint8Array;
  /** `weights.bin`: the weights, little-endian, in the manifest's order. */
  readonly weights: Uint8Array;
}

/** A dense ReLU network with one sigmoid output for a binary label; every initial weight comes from the seed. */
export function buildDenseNetwork(
  tf: TensorFlow,
  { inputs, hidden, l2, learningRate, seed }: DenseNetworkShape,
): Sequential {
  const network = tf.sequential({ name: 'dense_network' });
  [...hidden, 1].forEach((units, index, sizes) => {
    const last = index === sizes.length - 1;
    network.add(
      tf.layers.dense({
        name: last ? 'score' : `hidden_${index + 1}`,
        units,
        activation: last ? 'sigmoid' : 'relu',
        kernelInitializer: tf.initializers.glorotUniform({ seed: seed + index }),
        biasInitializer: 'zeros',
        kernelRegularizer: tf.regularizers.l2({ l2 }),
        ...(index === 0 ? { inputShape: [inputs] } : {}),
      }),
    );
  });
  network.compile({ optimizer: tf.train.adam(learningRate), loss: 'binaryCrossentropy' });
  return network;
}

/** The network as the two files that any TensorFlow.js loads. */
export async function saveNetwork(tf: TensorFlow, network: LayersModel): Promise<NetworkFiles> {
  const files: NetworkFiles[] = [];
  await network.save(
    tf.io.withSaveHandler((artifacts) => {
      const { modelTopology, weightSpecs, weightData } = artifacts;
      if (weightSpecs === undefined || weightData === undefined) throw new Error('the network has no weights to save');
      const manifest = {
        format: 'layers-model',
        generatedBy: `TensorFlow.js tfjs-layers v${tf.version['tfjs-layers']}`,
        convertedBy: null,
        modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
      };
      files.push({
        model: new TextEncoder().encode(JSON.stringify(manifest)),
        weights: new Uint8Array(joinBuffers(weightData)),
      });
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } });
    }),
  );
  const [saved] = files;
  if (saved === undefined) throw new Error('TensorFlow.js did not hand over the network');
  return saved;
}

/** Loads a network from its two files. */
export async function loadNetwork(tf: TensorFlow, { model, weights }: NetworkFiles): Promise<LayersModel> {
  const manifest: { modelTopology: object; weightsManifest: { weights: tensorSpecs }[] } = JSON.parse(
    new TextDecoder().decode(model),
  );
  const weightSpecs = manifest.weightsManifest.flatMap((group) => group.weights);
  const weightData = weights.slice().buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology: manifest.modelTopology, weightSpecs, weightData }));
}

type tensorSpecs = Parameters<TensorFlow['io']['decodeWeights']>[1];

/** Scores a row-major matrix, in slices so that memory stays bounded. */
export function scoreRows(tf: TensorFlow, network: LayersModel, matrix: Float32Array, width: number): number[] {
  const rows = width === 0 ? 0 : matrix.length / width;
  const scores: number[] = [];
  for (let start = 0; start < rows; start += scoringSlice) {
    const count = Math.min(scoringSlice, rows - start);
    const part = tf.tidy(() => {
      const output = network.predict(
        tf.tensor2d(matrix.subarray(start * width, (start + count) * width), [count, width]),
      );
      if (Array.isArray(output)) throw new Error('the network has more than one output');
      return output.dataSync();
    });
    for (const score of part) scores.push(score);
  }
  return scores;
}

const scoringSlice = 8192;

function joinBuffers(data: ArrayBuffer | ArrayBuffer[]): ArrayBuffer {
  if (!Array.isArray(data)) return data;
  const joined = new Uint8Array(data.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of data) {
    joined.set(new Uint8Array(part), offset);
    offset += part.byteLength;
  }
  return joined.buffer;
}
