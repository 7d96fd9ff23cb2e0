import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, missing, refusal, refusals, refused } from './case.js';

async function three(api: Api): Promise<{ mark: string; called: (name: string) => string }> {
  const mark = api.unique('m');
  for (const [name, team] of [
    ['abc', 'red'],
    ['abd', 'Red'],
    ['ABC', 'blue'],
  ])
    await api.post('registered-models/create', { name: `${mark}-${name}`, tags: [{ key: 'team', value: team }] });
  return { mark, called: (name) => name.replace(`${mark}-`, '') };
}

async function search(api: Api, filter: string, order_by: readonly string[] = []): Promise<string> {
  const { mark, called } = await api.shared('registered-models', three);
  const answer = await api.get('registered-models/search', {
    filter: `name LIKE '${mark}%'${filter === '' ? '' : ` AND ${filter.replaceAll('$', `${mark}-`)}`}`,
    order_by,
  });
  if (answer.status !== 200) return JSON.stringify(answer.body);
  return (answer.body.registered_models ?? []).map(({ name }: { name: string }) => called(name)).join(' ');
}

const filters: readonly (readonly [filter: string, names: string])[] = [
  ['', 'ABC abc abd'],
  ["name = '$abc'", 'abc'],
  ["name != '$abc'", 'ABC abd'],
  ["name LIKE '%bc'", 'abc'],
  ["name ILIKE '%BC'", 'ABC abc'],
  ["tags.team = 'red'", 'abc'],
  ["tags.team != 'red'", 'ABC abd'],
  ["tag.team ILIKE 'RED'", 'abc abd'],
  ["tags.team LIKE '_ed' AND name LIKE '%d'", 'abd'],
];

export const registeredModelCases: Case[] = [
  {
    name: 'registered-models: create and get, what is not set is absent',
    run: async (api) => {
      const name = api.unique('model');
      const { status, body } = await api.post('registered-models/create', { name });
      const { registered_model } = (await api.get('registered-models/get', { name })).body;
      return {
        status,
        created: { ...body.registered_model, name: body.registered_model.name === name },
        read: { ...registered_model, name: registered_model.name === name },
      };
    },
    expected: {
      status: 200,
      created: {
        name: true,
        creation_timestamp: expect.any(Number),
        last_updated_timestamp: expect.any(Number),
      },
      read: {
        name: true,
        creation_timestamp: expect.any(Number),
        last_updated_timestamp: expect.any(Number),
      },
    },
  },
  {
    name: 'registered-models: tags and a description at creation; update; set and delete tags',
    run: async (api) => {
      const name = await api.model({ tags: [{ key: 'a', value: '1' }], description: 'one' });
      const update = await api.patch('registered-models/update', { name, description: 'two' });
      await api.post('registered-models/set-tag', { name, key: 'b', value: '2' });
      await api.post('registered-models/set-tag', { name, key: 'b', value: '' });
      const removed = await api.delete('registered-models/delete-tag', { name, key: 'a' });
      const again = await api.delete('registered-models/delete-tag', { name, key: 'a' });
      const { description, tags } = (await api.get('registered-models/get', { name })).body.registered_model;
      return [update.body.registered_model.description, removed.status, removed.body, again.status, description, tags];
    },
    expected: ['two', 200, {}, 200, 'two', [{ key: 'b', value: '' }]],
  },
  {
    name: 'registered-models: renamed, with its versions, tags and aliases',
    run: async (api) => {
      const name = await api.model({ tags: [{ key: 'a', value: '1' }] });
      const version = await api.version(name);
      await api.post('registered-models/alias', { name, alias: 'best', version });
      const new_name = api.unique('renamed');
      const { status } = await api.post('registered-models/rename', { name, new_name });
      const old = await api.get('registered-models/get', { name });
      const { registered_model } = (await api.get('registered-models/get', { name: new_name })).body;
      const { tags, aliases, latest_versions } = registered_model;
      return [status, refused(old), tags, aliases, latest_versions[0].name === new_name];
    },
    expected: [
      200,
      missing(/Registered Model with name=.+ not found/),
      [{ key: 'a', value: '1' }],
      [{ alias: 'best', version: '1' }],
      true,
    ],
  },
  {
    name: 'registered-models: deleted, its name is free',
    run: async (api) => {
      const name = await api.model();
      const { status, body } = await api.delete('registered-models/delete', { name });
      const gone = refused(await api.get('registered-models/get', { name }));
      return [status, body, gone, (await api.post('registered-models/create', { name })).status];
    },
    expected: [200, {}, missing(/Registered Model with name=.+ not found/), 200],
  },
  {
    name: 'aliases: set, moved, read, removed twice',
    run: async (api) => {
      const name = await api.model();
      for (let count = 0; count < 2; count += 1) await api.version(name);
      const set = await api.post('registered-models/alias', { name, alias: 'best', version: '1' });
      await api.post('registered-models/alias', { name, alias: 'best', version: '2' });
      const { version, aliases } = (await api.get('registered-models/alias', { name, alias: 'best' })).body
        .model_version;
      const removed = await api.delete('registered-models/alias', { name, alias: 'best' });
      const again = await api.delete('registered-models/alias', { name, alias: 'best' });
      const gone = refused(await api.get('registered-models/alias', { name, alias: 'best' }));
      return [set.status, set.body, version, aliases, removed.status, again.status, gone];
    },
    expected: [200, {}, '2', ['best'], 200, 200, invalid('Registered model alias best not found.')],
  },
  {
    name: 'aliases: latest is the newest version',
    run: async (api) => {
      const name = await api.model();
      for (let count = 0; count < 2; count += 1) await api.version(name);
      return (await api.get('registered-models/alias', { name, alias: 'latest' })).body.model_version?.version;
    },
    expected: '2',
  },
  {
    name: 'get-latest-versions: newest of each stage, by GET and POST',
    run: async (api) => {
      const name = await api.model();
      for (const stage of ['Production', 'Staging', 'Production', 'None']) {
        const version = await api.version(name);
        if (stage !== 'None')
          await api.post('model-versions/transition-stage', {
            name,
            version,
            stage,
            archive_existing_versions: false,
          });
      }
      const shown = ({ body }: Awaited<ReturnType<Api['get']>>) =>
        body.model_versions
          .map((found: { current_stage: string; version: string }) => `${found.current_stage} ${found.version}`)
          .toSorted();
      return [
        shown(await api.post('registered-models/get-latest-versions', { name })),
        shown(await api.get('registered-models/get-latest-versions', { name })),
        shown(await api.get('registered-models/get-latest-versions', { name, stages: ['staging', 'None'] })),
        shown(await api.post('registered-models/get-latest-versions', { name, stages: ['Production'] })),
      ];
    },
    expected: [
      ['None 4', 'Production 3', 'Staging 2'],
      ['None 4', 'Production 3', 'Staging 2'],
      ['None 4', 'Staging 2'],
      ['Production 3'],
    ],
  },
  ...filters.map(([filter, expected]) => ({
    name: `registered-models/search: ${filter === '' ? 'by name' : filter}`,
    run: async (api: Api) => search(api, filter),
    expected,
  })),
  {
    name: 'registered-models/search: ordered',
    run: async (api) => [
      await search(api, '', ['name DESC']),
      await search(api, '', ['last_updated_timestamp DESC']),
      await search(api, '', ['timestamp ASC', 'name DESC']),
    ],
    expected: ['abd abc ABC', 'ABC abd abc', 'abc abd ABC'],
  },
  {
    name: 'registered-models/search: pages',
    run: async (api) => {
      const { mark } = await three(api);
      const sizes: unknown[] = [];
      let page_token = '';
      do {
        const { body } = await api.get('registered-models/search', {
          filter: `name LIKE '${mark}%'`,
          max_results: 2,
          ...(page_token === '' ? {} : { page_token }),
        });
        sizes.push(body.registered_models.length);
        page_token = body.next_page_token ?? '';
      } while (page_token !== '' && sizes.length < 9);
      return sizes;
    },
    expected: [2, 1],
  },
  {
    name: 'prompts: out of plain searches, found when asked for',
    run: async (api) => {
      const name = api.unique('prompt');
      const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
      await api.post('registered-models/create', { name, tags });
      const version = await api.post('model-versions/create', {
        name,
        source: 'dummy-source',
        tags: [...tags, { key: 'mlflow.prompt.text', value: 'Hi {{name}}' }],
      });
      const found: number[] = [];
      for (const filter of [
        `name = '${name}'`,
        `name = '${name}' AND tags.\`mlflow.prompt.is_prompt\` = 'true'`,
        `name = '${name}' AND tags.\`mlflow.prompt.is_prompt\` != 'true'`,
      ]) {
        const { body } = await api.get('registered-models/search', { filter });
        found.push(body.registered_models?.length ?? 0);
      }
      const model = await api.model();
      const kept = await api.get('registered-models/search', {
        filter: `name = '${model}' AND tags.\`mlflow.prompt.is_prompt\` != 'true'`,
      });
      return [version.status, found, kept.body.registered_models.length];
    },
    expected: [200, [0, 1, 0], 1],
  },
  ...refusals('registered-models', [
    [
      'create without a name',
      (api) => api.post('registered-models/create'),
      invalid("Missing value for required parameter 'name'"),
    ],
    ['create with a blank name', (api) => api.post('registered-models/create', { name: ' ' }), invalid(/name/)],
    [
      'create with a name that is a path',
      (api) => api.post('registered-models/create', { name: 'a/b' }),
      invalid(/name/),
    ],
    [
      'create twice',
      async (api) => api.post('registered-models/create', { name: await api.model() }),
      refusal(400, 'RESOURCE_ALREADY_EXISTS', /Registered Model .+ already exists/),
    ],
    [
      'get one that is not there',
      (api) => api.get('registered-models/get', { name: 'no such model' }),
      missing('Registered Model with name=no such model not found'),
    ],
    [
      'update one that is not there',
      (api) => api.patch('registered-models/update', { name: 'no such model', description: 'x' }),
      missing(/not found/),
    ],
    [
      'delete one that is not there',
      (api) => api.delete('registered-models/delete', { name: 'no such model' }),
      missing(/not found/),
    ],
    [
      'rename to a taken name',
      async (api) => api.post('registered-models/rename', { name: await api.model(), new_name: await api.model() }),
      refusal(400, 'RESOURCE_ALREADY_EXISTS', /already exists/),
    ],
    [
      'rename without a new name',
      async (api) => api.post('registered-models/rename', { name: await api.model() }),
      invalid(/new_name|name/),
    ],
    [
      'set a tag without a key',
      async (api) => api.post('registered-models/set-tag', { name: await api.model(), value: 'v' }),
      invalid("Missing value for required parameter 'key'"),
    ],
    [
      'search with too many results',
      (api) => api.get('registered-models/search', { max_results: 1001 }),
      invalid(/max_results/),
    ],
    [
      'search with an unknown attribute',
      (api) => api.get('registered-models/search', { filter: "color = 'x'" }),
      invalid(/Invalid attribute/),
    ],
    [
      'search with a garbage token',
      (api) => api.get('registered-models/search', { page_token: 'garbage' }),
      invalid(/token/i),
    ],
    [
      'an alias named latest',
      async (api) => {
        const name = await api.model();
        return api.post('registered-models/alias', { name, alias: 'Latest', version: await api.version(name) });
      },
      invalid(/reserved/),
    ],
    [
      'an alias like a version',
      async (api) => {
        const name = await api.model();
        return api.post('registered-models/alias', { name, alias: 'v9', version: await api.version(name) });
      },
      invalid(/reserved/),
    ],
    [
      'an alias with a dot',
      async (api) => {
        const name = await api.model();
        return api.post('registered-models/alias', { name, alias: 'a.b', version: await api.version(name) });
      },
      invalid(/alias/),
    ],
    [
      'an alias of a version that is not there',
      async (api) => api.post('registered-models/alias', { name: await api.model(), alias: 'a', version: '7' }),
      missing(/Model Version .+ not found/),
    ],
    [
      'an alias of a model that is not there',
      (api) => api.get('registered-models/alias', { name: 'no such model', alias: 'a' }),
      missing(/not found/),
    ],
    [
      'latest versions of an unknown stage',
      async (api) => api.get('registered-models/get-latest-versions', { name: await api.model(), stages: 'Gold' }),
      invalid(/Invalid Model Version stage/),
    ],
  ]),
];
