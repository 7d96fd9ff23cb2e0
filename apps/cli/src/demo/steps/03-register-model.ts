import { versionManifest } from '@assay/contracts';
import { ApiError, segment } from '../../api-client.js';
import { downloadUriAnswer, modelAnswer, searchVersionsAnswer, versionAnswer, quoted } from '../../mlflow-wire.js';
import { table } from '../../output/table.js';
import { artifactUrl } from '../artifact-url.js';
import { BrokenStory, type Demo, type Step, textFact } from '../demo.js';

export const registerModel: Step = {
  id: 'register-model',
  title: "Register the run's model: version 1, sealed",
  run: async (demo) => {
    const api = demo.as('engineer');
    const name = demo.names.model;
    await makeModel(demo, name);
    const version = (await versionOf(demo, name)) ?? (await makeVersion(demo, name));
    demo.holds(version === '1', 'it is version 1');
    const sealed = await api.get(`/api/v1/models/${segment(name)}/versions/${version}/manifest`, versionManifest);
    demo.holds(sealed.kind === 'sealed' && sealed.digest !== null, 'the version is sealed');
    demo.holds(sealed.files.length > 0, `the manifest lists ${sealed.files.length} files with their SHA-256`);
    const { artifact_uri: uri } = await api.get('/api/2.0/mlflow/model-versions/get-download-uri', downloadUriAnswer, {
      name,
      version,
    });
    const victim = sealed.files[0]?.path ?? '';
    const refused = await replace(demo, artifactUrl(uri, victim));
    demo.holds(refused.status === 409, `replacing ${victim} is refused: "${refused.detail}"`);
    const after = await api.get(`/api/v1/models/${segment(name)}/versions/${version}/manifest`, versionManifest);
    demo.holds(after.digest === sealed.digest, 'the manifest is unchanged');
    demo.tell(
      table(sealed.files, [
        { title: 'file', value: (row) => row.path },
        { title: 'bytes', value: (row) => row.size, align: 'right' },
        { title: 'sha256', value: (row) => `${row.sha256.slice(0, 16)}…` },
      ]),
    );
    return {
      model: name,
      version,
      manifestDigest: sealed.digest,
      files: sealed.files.length,
      totalBytes: sealed.totalBytes,
      refusedReplacement: refused.detail,
    };
  },
};

async function makeModel(demo: Demo, name: string): Promise<void> {
  try {
    await demo.as('engineer').post('/api/2.0/mlflow/registered-models/create', modelAnswer, {
      name,
      description: 'Whether a credit application goes bad',
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
}

/** The version that an earlier attempt at this step registered. */
async function versionOf(demo: Demo, name: string): Promise<string | null> {
  const { model_versions: found } = await demo
    .as('engineer')
    .get('/api/2.0/mlflow/model-versions/search', searchVersionsAnswer, { filter: `name=${quoted(name)}` });
  const runId = textFact(demo, 'train', 'runId');
  return found.find((one) => one.run_id === runId)?.version ?? null;
}

async function makeVersion(demo: Demo, name: string): Promise<string> {
  const modelId = textFact(demo, 'train', 'modelId');
  const request = { name, source: `models:/${modelId}`, run_id: textFact(demo, 'train', 'runId'), model_id: modelId };
  const path = '/api/2.0/mlflow/model-versions/create';
  // One version for the model, also where the answer was lost with a killed demo.
  const { body } = await demo.as('engineer').post(path, versionAnswer, request, `register-${modelId}`);
  return body.model_version.version;
}

async function replace(demo: Demo, url: string): Promise<ApiError> {
  try {
    await demo
      .as('engineer')
      .send('PUT', url, { body: 'not the trained model', contentType: 'application/octet-stream' });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new BrokenStory('A file of a sealed version was replaced.');
}
