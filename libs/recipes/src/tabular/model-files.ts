import { stringify } from 'yaml';
import type { TabularPreprocessing } from '@assay/contracts';
import type { ModelFile } from '../api/logged-model.js';
import type { TrainedTabular } from './train-tabular.js';

/** Flavor of the platform's own tabular models in the MLmodel file. */
export const tabularFlavor = 'assay_tabular';

export interface ModelFilesContext {
  readonly modelId: string;
  readonly runId: string;
  readonly modelName: string;
  readonly tfjsVersion: string;
  readonly createdAt: Date;
}

/** The files of a trained model: TensorFlow.js network, preprocessing, and the MLmodel file that describes them. */
export function tabularModelFiles(
  { files, preprocessing }: Pick<TrainedTabular, 'files' | 'preprocessing'>,
  context: ModelFilesContext,
): ModelFile[] {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  return [
    { path: 'model.json', bytes: files.model, type: 'application/json' },
    { path: 'weights.bin', bytes: files.weights, type: 'application/octet-stream' },
    {
      path: 'preprocessing.json',
      bytes: encode(`${JSON.stringify(preprocessing, null, 1)}\n`),
      type: 'application/json',
    },
    { path: 'MLmodel', bytes: encode(mlmodel(preprocessing, context)), type: 'text/yaml' },
  ];
}

/** The MLmodel file (YAML), with the signature that MLflow clients read. */
function mlmodel(
  preprocessing: TabularPreprocessing,
  { modelId, runId, modelName, tfjsVersion, createdAt }: ModelFilesContext,
): string {
  const inputs = preprocessing.columns.map(({ kind, name }) => ({
    type: kind === 'numeric' ? 'double' : 'string',
    name,
    required: false,
  }));
  return stringify({
    artifact_path: modelName,
    flavors: {
      [tabularFlavor]: {
        format: preprocessing.format,
        network: 'model.json',
        weights: 'weights.bin',
        preprocessing: 'preprocessing.json',
        tensorflowjs: tfjsVersion,
      },
    },
    model_id: modelId,
    run_id: runId,
    signature: {
      inputs: JSON.stringify(inputs),
      outputs: JSON.stringify([{ type: 'double', name: `probability_${preprocessing.positive}` }]),
      params: null,
    },
    utc_time_created: createdAt.toISOString().replace('T', ' ').replace('Z', ''),
  });
}
