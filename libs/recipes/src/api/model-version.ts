import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  tabularPreprocessing,
  type ModelPointerInput,
  type ModelVersionInput,
  type TabularPreprocessing,
} from '@assay/contracts';
import { applyTabular, tabularWidth, type TableRow } from '@assay/pure/ml';
import type { RecipeContext } from '../recipe.js';
import { tabularFlavor } from '../tabular/model-files.js';
import { loadNetwork, scoreRows } from '../tensorflow/dense-network.js';
import { ApiError } from './api-client.js';
import { artifactPath } from './artifact-path.js';

const manifestAnswer = z.looseObject({
  digest: z.string(),
  files: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
});
const uriAnswer = z.looseObject({ artifact_uri: z.string() });
const pointerAnswer = z.looseObject({ model_version: z.looseObject({ version: z.string() }) });
const mlmodel = z.looseObject({ flavors: z.record(z.string(), z.unknown()) });

export interface LoadedModel extends ModelVersionInput {
  /** SHA-256 of the version's manifest: which files these are. */
  readonly manifest: string;
  readonly preprocessing: TabularPreprocessing;
  /** Probability of the positive class, row by row. */
  score(rows: readonly TableRow[]): number[];
  dispose(): void;
}

/** The version that a pointer holds now, as `models:/name@alias` resolves. */
export async function resolvePointer(
  { api }: RecipeContext,
  { name, alias }: ModelPointerInput,
): Promise<ModelVersionInput> {
  const path = `/api/2.0/mlflow/registered-models/alias?name=${encodeURIComponent(name)}&alias=${encodeURIComponent(alias)}`;
  const { model_version: held } = await api.get(path, pointerAnswer);
  return { name, version: held.version };
}

/** Downloads a sealed version's files through the API, checks each against the manifest, and loads the network. */
export async function loadModelVersion(
  context: RecipeContext,
  { name, version }: ModelVersionInput,
): Promise<LoadedModel> {
  const { files, digest } = await downloadFiles(context, { name, version });
  const flavors = mlmodel.parse(parse(text(files, 'MLmodel'))).flavors;
  if (!(tabularFlavor in flavors)) {
    throw new Error(
      `${name} version ${version} has the flavors ${Object.keys(flavors).join(', ')}; this recipe reads models of the tabular recipe ('${tabularFlavor}')`,
    );
  }
  const preprocessing = tabularPreprocessing.parse(JSON.parse(text(files, 'preprocessing.json')));
  const { tf } = await context.tensorFlow();
  const network = await loadNetwork(tf, { model: need(files, 'model.json'), weights: need(files, 'weights.bin') });
  const width = tabularWidth(preprocessing);
  context.log(`loaded ${name} version ${version}: ${width} inputs`);
  return {
    name,
    version,
    manifest: digest,
    preprocessing,
    score: (rows) => scoreRows(tf, network, applyTabular(preprocessing, rows), width),
    dispose: () => network.dispose(),
  };
}

async function downloadFiles(
  context: RecipeContext,
  { name, version }: ModelVersionInput,
): Promise<{ files: Map<string, Uint8Array>; digest: string }> {
  const { api } = context;
  const manifest = await api.get(
    `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/manifest`,
    manifestAnswer,
  );
  const uri = await api.get(
    `/api/2.0/mlflow/model-versions/get-download-uri?name=${encodeURIComponent(name)}&version=${version}`,
    uriAnswer,
  );
  const files = new Map<string, Uint8Array>();
  for (const { path, sha256 } of manifest.files) {
    const bytes = await api.download(artifactPath(uri.artifact_uri, path));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256)
      throw new ApiError(
        409,
        'DIGEST_MISMATCH',
        `${path} of ${name} version ${version} is not the sealed file`,
        'download',
      );
    files.set(path, bytes);
  }
  const digest = manifest.digest.replace(/^sha256:/, '');
  context.dataRead({ kind: 'model', name, version, sha256: digest });
  return { files, digest };
}

function need(files: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`the model has no file ${path}; it has ${[...files.keys()].join(', ')}`);
  return bytes;
}

function text(files: ReadonlyMap<string, Uint8Array>, path: string): string {
  return new TextDecoder().decode(need(files, path));
}
