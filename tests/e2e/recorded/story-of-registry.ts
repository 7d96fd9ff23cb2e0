import type { Answer, Call, StoryProbe } from './route-caller.js';
import type { Tracked } from './story-of-tracking.js';

export interface Registered {
  readonly model: string;
  /** The dataset that policies pin and monitors refer to. */
  readonly dataset: { readonly name: string; readonly version: number; readonly digest: string };
}

/** Rows of the dataset: enough for a monitor's reference. */
export const datasetRows = 200;

/** Eve registers data and versions of a model, moves what points at them, and deletes another model. */
export async function storyOfRegistry(probe: StoryProbe, { runId }: Tracked): Promise<Registered> {
  const mlflow = (verb: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<Answer> =>
    probe.send({ route: `${verb} /api/2.0/mlflow/${path}`, as: 'eve', body });
  const name = 'credit-risk';
  const tag = { name, key: 'domain', value: 'credit' };

  const csv = [
    'id,age,amount,label',
    ...Array.from(
      { length: datasetRows },
      (_, at) => `r${at},${20 + (at % 41)},${500 + at * 7},${at % 3 ? 'good' : 'bad'}`,
    ),
  ].join('\n');
  const upload: Call = {
    route: 'POST /api/v1/datasets/:name/versions',
    as: 'eve',
    params: { name: 'applicants' },
    query: { target: 'label', sensitive: 'age', identifier: 'id' },
    body: csv,
    type: 'text/csv',
  };
  const first = await probe.send(upload);
  await probe.send({ ...upload, body: `${csv}\nr-late,30,900,good` });

  await mlflow('POST', 'registered-models/create', {
    name: 'credit',
    description: 'A pilot',
    tags: [{ key: 'team', value: 'risk' }],
  });
  await mlflow('POST', 'registered-models/rename', { name: 'credit', new_name: name });
  await mlflow('PATCH', 'registered-models/update', { name, description: 'The pilot' });
  await mlflow('POST', 'registered-models/set-tag', tag);
  await mlflow('DELETE', 'registered-models/delete-tag', { name, key: 'domain' });
  for (let made = 0; made < 5; made += 1)
    await probe.send({
      route: 'POST /api/2.0/mlflow/model-versions/create',
      as: 'eve',
      body: { name, source: `runs:/${runId}/model`, run_id: runId },
      key: `version-${made}`,
    });
  await mlflow('PATCH', 'model-versions/update', { name, version: '1', description: 'The first' });
  await mlflow('POST', 'model-versions/set-tag', { ...tag, version: '1' });
  await mlflow('DELETE', 'model-versions/delete-tag', { name, version: '1', key: 'domain' });
  await mlflow('POST', 'model-versions/transition-stage', {
    name,
    version: '1',
    stage: 'Staging',
    archive_existing_versions: true,
  });
  await mlflow('POST', 'model-versions/transition-stage', {
    name,
    version: '2',
    stage: 'Staging',
    archive_existing_versions: true,
  });
  await mlflow('POST', 'registered-models/get-latest-versions', { name });

  await mlflow('POST', 'registered-models/alias', { name, alias: 'shadow', version: '1' });
  await mlflow('POST', 'registered-models/alias', { name, alias: 'shadow', version: '2' });
  await mlflow('DELETE', 'registered-models/alias', { name, alias: 'shadow' });
  const pointer: Pick<Call, 'route' | 'as' | 'params'> = {
    route: 'PUT /api/v1/models/:name/pointers/:alias',
    as: 'eve',
    params: { name, alias: 'canary' },
  };
  await probe.send({ ...pointer, body: { version: '5', expected: null, reason: 'a try' } });
  await probe.send({
    route: 'POST /api/v1/pointer-moves',
    as: 'eve',
    body: {
      moves: [
        { model: name, alias: 'canary', version: '4', expected: '5' },
        { model: name, alias: 'dark', version: '5', expected: null },
      ],
    },
  });
  await probe.send({
    route: 'POST /api/v1/models/:name/pointers/:alias/rollback',
    as: 'eve',
    params: { name, alias: 'canary' },
    body: { expected: '4', reason: 'the try was better' },
  });
  // The version goes, and with it what its pointer held.
  await mlflow('DELETE', 'model-versions/delete', { name, version: '5' });

  const hold = await probe.send({
    route: 'POST /api/v1/legal-holds',
    as: 'max',
    body: { kind: 'model', subject: name, reason: 'a customer has sued' },
  });
  await probe.send({
    route: 'POST /api/v1/legal-holds/:id/lift',
    as: 'root',
    params: { id: hold.id },
    body: { reason: 'they have settled' },
  });

  await mlflow('POST', 'registered-models/create', { name: 'unwanted' });
  await mlflow('POST', 'model-versions/create', { name: 'unwanted', source: `runs:/${runId}/model`, run_id: runId });
  await mlflow('POST', 'registered-models/alias', { name: 'unwanted', alias: 'champion', version: '1' });
  await mlflow('DELETE', 'registered-models/delete', { name: 'unwanted' });
  return { model: name, dataset: { name: 'applicants', version: first.version, digest: first.digest } };
}
