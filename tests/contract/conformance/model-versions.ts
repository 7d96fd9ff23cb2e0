import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, missing, refusal, refusals, refused } from './case.js';

async function create(api: Api, more: object): Promise<Awaited<ReturnType<Api['post']>>> {
  return api.post('model-versions/create', { name: await api.model(), ...more });
}

const sources: readonly (readonly [source: string, expected: unknown])[] = [
  ['mlflow-artifacts:/E/R/artifacts', 200],
  ['mlflow-artifacts:/E/R/artifacts/model', 200],
  ['runs:/R/model', 200],
  ['s3://bucket/x', 200],
  ['gs://bucket/x', 200],
  ['mlflow-artifacts:/E/R/artifacts/.', invalid('Invalid model version source')],
  ['mlflow-artifacts:/E/R/artifacts/model/..', invalid('Invalid model version source')],
  ['mlflow-artifacts:/models', invalid('Invalid model version source')],
  ['mlflow-artifacts:/E/R/..%2f..%2fx', invalid('Invalid model version source')],
  ['mlflow-artifacts:', invalid('Invalid model version source')],
  [
    'runs:/R/../x',
    invalid('If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri'),
  ],
  ['s3a://bucket/api/../../../', invalid('If supplying a source as an http, https,')],
  ['dbfs:/R/artifacts/a%3f/../../../', invalid('Invalid model version source')],
  ['s3://bucket/../x', invalid('If supplying a source as an http, https,')],
  ['/tmp', invalid('To use a local path as a model version')],
  ['file:///tmp', invalid('To use a local path as a model version')],
  ['path/to/model', invalid('To use a local path as a model version')],
  ['', invalid("Missing value for required parameter 'source'")],
  ['https://host/api/../../', invalid(/source/)],
  ['mlflow-artifacts://host:9000/models/..%2f..%2fartifacts', invalid(/source/)],
];

async function several(api: Api): Promise<string> {
  const name = await api.model();
  for (const team of ['red', 'blue', 'Red']) await api.version(name, { tags: [{ key: 'team', value: team }] });
  return name;
}

async function search(api: Api, filter: string, order_by: readonly string[] = []): Promise<string> {
  const name = await api.shared('model-versions', several);
  const { run_id, source } = (await api.get('model-versions/get', { name, version: '2' })).body.model_version;
  const full = `name = '${name}'${filter === '' ? '' : ` AND ${filter}`}`;
  const answer = await api.get('model-versions/search', {
    filter: full.replace('$run', run_id).replace('$source', source),
    order_by,
  });
  if (answer.status !== 200) return JSON.stringify(answer.body);
  return (answer.body.model_versions ?? []).map(({ version }: { version: string }) => version).join('');
}

const filters: readonly (readonly [filter: string, versions: string])[] = [
  ['', '321'],
  ['version_number = 2', '2'],
  ['version_number >= 2', '32'],
  ['attribute.version_number != 2', '31'],
  ["run_id = '$run'", '2'],
  ["run_id IN ('$run', 'x')", '2'],
  ["run_id NOT IN ('$run')", '31'],
  ["source_path = '$source'", '2'],
  ["source_path LIKE 'runs:/%'", '321'],
  ["tags.team = 'red'", '1'],
  ["tags.team ILIKE 'red'", '31'],
  ["tags.team != 'red'", '32'],
];

export const modelVersionCases: Case[] = [
  {
    name: 'model-versions: create and get, every field',
    run: async (api) => {
      const name = await api.model();
      const run_id = await api.run();
      const source = `runs:/${run_id}/m`;
      const { status, body } = await api.post('model-versions/create', {
        name,
        source,
        run_id,
        run_link: 'http://link',
        description: 'd',
        tags: [{ key: 'a', value: '1' }],
      });
      const { model_version } = (await api.get('model-versions/get', { name, version: '1' })).body;
      const { user_id: _user, ...rest } = model_version;
      return {
        status,
        same: JSON.stringify(body.model_version) === JSON.stringify(model_version),
        version: { ...rest, name: rest.name === name, run_id: rest.run_id === run_id, source: rest.source === source },
      };
    },
    expected: {
      status: 200,
      same: true,
      version: {
        name: true,
        version: '1',
        creation_timestamp: expect.any(Number),
        last_updated_timestamp: expect.any(Number),
        current_stage: 'None',
        description: 'd',
        source: true,
        run_id: true,
        run_link: 'http://link',
        status: 'READY',
        tags: [{ key: 'a', value: '1' }],
      },
    },
  },
  {
    name: 'model-versions: numbered from 1, a deleted number is not used again',
    run: async (api) => {
      const name = await api.model();
      await api.version(name);
      await api.version(name);
      const { status, body } = await api.delete('model-versions/delete', { name, version: '2' });
      const gone = refused(await api.get('model-versions/get', { name, version: '2' }));
      return [status, body, gone, await api.version(name)];
    },
    expected: [200, {}, missing(/Model Version .+ not found/), '3'],
  },
  {
    name: 'model-versions: update, tags, and a run of another server',
    run: async (api) => {
      const name = await api.model();
      const made = await api.post('model-versions/create', {
        name,
        source: 'runs:/run_id_1/model',
        run_id: 'run_id_1',
      });
      const update = await api.patch('model-versions/update', { name, version: '1', description: 'two' });
      await api.post('model-versions/set-tag', { name, version: '1', key: 'b', value: '2' });
      await api.delete('model-versions/delete-tag', { name, version: '1', key: 'none' });
      const { tags, description } = (await api.get('model-versions/get', { name, version: '1' })).body.model_version;
      const uri = await api.get('model-versions/get-download-uri', { name, version: '1' });
      return [made.status, update.body.model_version.description, tags, description, uri.body];
    },
    expected: [200, 'two', [{ key: 'b', value: '2' }], 'two', { artifact_uri: 'runs:/run_id_1/model' }],
  },
  {
    name: 'model-versions: from a logged model, with its run',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const source_run_id = await api.run({ experiment_id });
      const model_id = await api.loggedModel({ experiment_id, source_run_id });
      const name = await api.model();
      const { body } = await api.post('model-versions/create', { name, source: `models:/${model_id}`, model_id });
      const uri = await api.get('model-versions/get-download-uri', { name, version: '1' });
      const version = body.model_version;
      return [
        version.source === `models:/${model_id}`,
        version.run_id === source_run_id,
        uri.body.artifact_uri.replace(experiment_id, 'E').replace(model_id, 'M'),
      ];
    },
    expected: [true, true, 'mlflow-artifacts:/E/models/M/artifacts'],
  },
  {
    name: 'model-versions: a copy of another version',
    run: async (api) => {
      const name = await api.model();
      await api.version(name);
      const { status, body } = await create(api, { source: `models:/${name}/1` });
      return [status, body.model_version.source === `models:/${name}/1`];
    },
    expected: [200, true],
  },
  {
    name: 'transition-stage: any case in, canonical out, others archived when asked',
    run: async (api) => {
      const name = await api.model();
      const stage = async (version: string) =>
        (await api.get('model-versions/get', { name, version })).body.model_version.current_stage;
      for (const archive_existing_versions of [false, true]) {
        const version = await api.version(name);
        await api.post('model-versions/transition-stage', {
          name,
          version,
          stage: 'production',
          archive_existing_versions,
        });
      }
      return [await stage('1'), await stage('2')];
    },
    expected: ['Archived', 'Production'],
  },
  ...sources.map(([source, expected]): Case => ({
    name: `model-versions/create: from ${source === '' ? 'nothing' : source}`,
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      const answer = await create(api, {
        run_id,
        source: source.replace('/E/', `/${experiment_id}/`).replace('/R/', `/${run_id}/`),
      });
      return answer.status === 200 ? 200 : refused(answer);
    },
    expected,
  })),
  ...filters.map(([filter, expected]) => ({
    name: `model-versions/search: ${filter === '' ? 'newest first' : filter}`,
    run: async (api: Api) => search(api, filter),
    expected,
  })),
  {
    name: 'model-versions/search: ordered',
    run: async (api) => [
      await search(api, '', ['version_number ASC']),
      await search(api, '', ['creation_timestamp ASC']),
      await search(api, '', ['last_updated_timestamp DESC', 'version_number DESC']),
    ],
    expected: ['123', '123', '321'],
  },
  {
    name: 'model-versions/search: pages',
    run: async (api) => {
      const name = await several(api);
      const first = await api.get('model-versions/search', { filter: `name='${name}'`, max_results: 2 });
      const page_token = first.body.next_page_token;
      const second = await api.get('model-versions/search', { filter: `name='${name}'`, max_results: 2, page_token });
      return [first.body.model_versions.length, second.body.model_versions.length, 'next_page_token' in second.body];
    },
    expected: [2, 1, false],
  },
  ...refusals('model-versions', [
    [
      'create for a model that is not there',
      (api) => api.post('model-versions/create', { name: 'no such model', source: 's3://b/x' }),
      missing(/Registered Model with name=no such model not found/),
    ],
    [
      'create without a source',
      async (api) => create(api, {}),
      invalid("Missing value for required parameter 'source'"),
    ],
    [
      'create with a run that is not the source',
      async (api) => create(api, { source: `runs:/${await api.run()}/m`, run_id: await api.run() }),
      invalid(/run_id/),
    ],
    [
      'get with a version that is no number',
      async (api) => api.get('model-versions/get', { name: await api.model(), version: 'one' }),
      invalid(/version/),
    ],
    [
      'get one that is not there',
      async (api) => api.get('model-versions/get', { name: await api.model(), version: '7' }),
      missing(/Model Version .+ not found/),
    ],
    [
      'delete one that is not there',
      async (api) => api.delete('model-versions/delete', { name: await api.model(), version: '7' }),
      missing(/Model Version .+ not found/),
    ],
    [
      'transition to an unknown stage',
      async (api) => {
        const name = await api.model();
        return api.post('model-versions/transition-stage', {
          name,
          version: await api.version(name),
          stage: 'Gold',
          archive_existing_versions: false,
        });
      },
      invalid(/Invalid Model Version stage/),
    ],
    [
      'transition to None and archive others',
      async (api) => {
        const name = await api.model();
        return api.post('model-versions/transition-stage', {
          name,
          version: await api.version(name),
          stage: 'None',
          archive_existing_versions: true,
        });
      },
      refusal(500, 'INTERNAL_ERROR', /archive/),
    ],
    [
      'search with an unknown attribute',
      (api) => api.get('model-versions/search', { filter: "color = 'x'" }),
      invalid(/Invalid attribute/),
    ],
    [
      'search with a text as number',
      (api) => api.get('model-versions/search', { filter: "version_number = 'x'" }),
      invalid(/.+/),
    ],
    [
      'search with too many results',
      (api) => api.get('model-versions/search', { max_results: 200_001 }),
      invalid(/max_results/),
    ],
    [
      'search with a garbage token',
      (api) => api.get('model-versions/search', { page_token: 'garbage' }),
      invalid(/token/i),
    ],
  ]),
];
