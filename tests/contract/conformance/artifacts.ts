import { expect } from 'vitest';
import type { Answer, Api } from './api.js';
import { type Case, invalid, refusals, refused } from './case.js';

const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const bytes = { 'content-type': 'application/octet-stream' };

/** A run with `a.txt`, `dir/b.json` and the empty `dir/none`. */
async function filled(api: Api): Promise<{ run_id: string; root: string }> {
  const experiment_id = await api.experiment();
  const run_id = await api.run({ experiment_id });
  const root = `${experiment_id}/${run_id}/artifacts`;
  for (const [path, text] of [
    ['a.txt', 'hello'],
    ['dir/b.json', '{}'],
    ['dir/none', ''],
  ] as const)
    await api.send('PUT', `${proxy}/${root}/${path}`, text, bytes);
  return { run_id, root };
}

function files({ body }: Answer): unknown {
  return body.files?.map((file: { path: string; is_dir: boolean; file_size?: number }) => [
    file.path,
    file.is_dir,
    file.file_size,
  ]);
}

export const artifactCases: Case[] = [
  {
    name: 'artifacts: put answers 200 and an empty object or nothing',
    run: async (api) => {
      const { root } = await filled(api);
      const { status, body } = await api.send('PUT', `${proxy}/${root}/new`, 'x', bytes);
      return [status, body === '' || JSON.stringify(body) === '{}'];
    },
    expected: [200, true],
  },
  {
    name: 'artifacts/list: paths from the root of the run',
    run: async (api) => {
      const { run_id, root } = await filled(api);
      const top = await api.get('artifacts/list', { run_id });
      const dir = await api.get('artifacts/list', { run_id, path: 'dir' });
      return [top.body.root_uri === `mlflow-artifacts:/${root}`, files(top), files(dir)];
    },
    expected: [
      true,
      [
        ['a.txt', false, 5],
        ['dir', true, undefined],
      ],
      [
        ['dir/b.json', false, 2],
        ['dir/none', false, undefined],
      ],
    ],
  },
  {
    name: 'artifacts/list: a path that is not there has no files; neither has a file',
    run: async (api) => {
      const { run_id } = await filled(api);
      const seen: unknown[] = [];
      for (const path of ['nothing', 'a.txt']) {
        const { status, body } = await api.get('artifacts/list', { run_id, path });
        seen.push([status, Object.keys(body)]);
      }
      return seen;
    },
    expected: [
      [200, ['root_uri']],
      [200, ['root_uri']],
    ],
  },
  {
    name: 'mlflow-artifacts: lists by the names alone',
    run: async (api) => {
      const { root } = await filled(api);
      const list = async (path: string) => files(await api.get(proxy, { path }));
      return [await list(root), await list(`${root}/dir`), (await api.get(proxy, { path: `${root}/no` })).body];
    },
    expected: [
      [
        ['a.txt', false, 5],
        ['dir', true, undefined],
      ],
      [
        ['b.json', false, 2],
        ['none', false, undefined],
      ],
      {},
    ],
  },
  {
    name: 'mlflow-artifacts: a download and its headers',
    run: async (api) => {
      const { root } = await filled(api);
      const { status, body, headers } = await api.get(`${proxy}/${root}/a.txt`);
      const named = ['content-type', 'content-disposition', 'x-content-type-options'].map((name) => headers.get(name));
      return [status, body, named];
    },
    expected: [200, 'hello', ['text/plain', 'attachment; filename=a.txt', 'nosniff']],
  },
  {
    name: 'get-artifact: by run_id and by run_uuid',
    run: async (api) => {
      const { run_id } = await filled(api);
      const one = await api.get('/get-artifact', { run_id, path: 'a.txt' });
      const two = await api.get('/get-artifact', { run_uuid: run_id, path: 'dir/b.json' });
      return [one.status, one.body, one.headers.get('content-disposition'), two.status, two.body];
    },
    expected: [200, 'hello', 'attachment; filename=a.txt', 200, {}],
  },
  {
    name: 'mlflow-artifacts: put again replaces',
    run: async (api) => {
      const { root } = await filled(api);
      await api.send('PUT', `${proxy}/${root}/a.txt`, 'other', bytes);
      return (await api.get(`${proxy}/${root}/a.txt`)).body;
    },
    expected: 'other',
  },
  {
    name: 'mlflow-artifacts: delete takes a file, or a folder with all in it',
    run: async (api) => {
      const { run_id, root } = await filled(api);
      const { status, body } = await api.send('DELETE', `${proxy}/${root}/dir`);
      return [status, body, files(await api.get('artifacts/list', { run_id }))];
    },
    expected: [200, {}, [['a.txt', false, 5]]],
  },
  {
    name: 'mlflow-artifacts: a file that is not there is 404',
    run: async (api) => {
      const { root } = await filled(api);
      return (await api.get(`${proxy}/${root}/no.txt`)).status;
    },
    expected: 404,
  },
  {
    name: 'mlflow-artifacts: names with blanks and letters of all sorts',
    run: async (api) => {
      const { run_id, root } = await filled(api);
      for (const name of ['two words.txt', 'größe.txt', 'a+b.txt'])
        await api.send('PUT', `${proxy}/${root}/names/${encodeURIComponent(name)}`, name, bytes);
      const listed = files(await api.get('artifacts/list', { run_id, path: 'names' }));
      const { body, headers } = await api.get('/get-artifact', { run_id, path: 'names/two words.txt' });
      return [listed, body, headers.get('content-disposition')];
    },
    expected: [
      expect.arrayContaining([
        ['names/two words.txt', false, 13],
        ['names/größe.txt', false, 11],
        ['names/a+b.txt', false, 7],
      ]),
      'two words.txt',
      'attachment; filename="two words.txt"',
    ],
  },
  {
    name: 'logged-models: files and folders',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const model_id = await api.loggedModel({ experiment_id });
      const root = `${experiment_id}/models/${model_id}/artifacts`;
      await api.send('PUT', `${proxy}/${root}/MLmodel`, 'flavors: {}', bytes);
      const list = await api.get(`logged-models/${model_id}/artifacts/directories`);
      const file = await api.get(`/ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts/files`, {
        artifact_file_path: 'MLmodel',
      });
      return [files(list), file.status, file.body];
    },
    expected: [[['MLmodel', false, 11]], 200, 'flavors: {}'],
  },
  {
    name: 'model-versions/get-artifact: a file of a version',
    run: async (api) => {
      const { run_id, root } = await filled(api);
      const name = await api.model();
      await api.post('model-versions/create', { name, source: `mlflow-artifacts:/${root}/dir`, run_id });
      const { status, body } = await api.get('/model-versions/get-artifact', { name, version: '1', path: 'b.json' });
      return [status, body];
    },
    expected: [200, {}],
  },
  ...['../a', 'dir/../../a', '/etc/passwd', '%2e%2e/a', '..%2f..%2fa', '%252e%252e%252fa'].flatMap((path): Case[] => [
    {
      name: `artifacts/list: ${path} is refused`,
      run: async (api) => refused(await api.get('artifacts/list', { run_id: await api.run(), path })),
      expected: invalid(/^Invalid path$/),
    },
    {
      name: `get-artifact: ${path} is refused`,
      run: async (api) => refused(await api.get('/get-artifact', { run_id: await api.run(), path })),
      expected: invalid(/^Invalid path$/),
    },
  ]),
  ...['..%2f..%2fescape', 'a/..%2f..%2f..%2fescape', '%252e%252e%252fescape'].map((path): Case => ({
    name: `mlflow-artifacts: put to ${path} is refused`,
    run: async (api) => {
      const { root } = await filled(api);
      return refused(await api.send('PUT', `${proxy}/${root}/${path}`, 'x', bytes));
    },
    expected: invalid(/^Invalid path/),
  })),
  {
    name: 'upload-artifact: a small file, as the page sends it',
    run: async (api) => {
      const run_uuid = await api.run();
      const query = `run_uuid=${run_uuid}&path=dir/note.txt`;
      const { status } = await api.send('POST', `/ajax-api/2.0/mlflow/upload-artifact?${query}`, 'hello', bytes);
      return [status, (await api.get('/get-artifact', { run_uuid, path: 'dir/note.txt' })).body];
    },
    expected: [200, 'hello'],
  },
  ...refusals('upload-artifact', [
    [
      'no run',
      (api) => api.send('POST', '/ajax-api/2.0/mlflow/upload-artifact', 'x', bytes),
      invalid('Request must specify run_uuid.'),
    ],
    [
      'no path',
      (api) => api.send('POST', '/ajax-api/2.0/mlflow/upload-artifact?run_uuid=x&path=', 'x', bytes),
      invalid('Request must specify path.'),
    ],
    [
      'a path that climbs',
      async (api) =>
        api.send('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${await api.run()}&path=../x`, 'x', bytes),
      invalid(/^Invalid path$/),
    ],
    [
      'no data',
      async (api) => api.send('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${await api.run()}&path=x`),
      invalid('Request must specify data.'),
    ],
  ]),
  ...refusals('artifacts', [
    [
      'list without a run',
      (api) => api.get('artifacts/list'),
      invalid("Missing value for required parameter 'run_id'"),
    ],
    [
      'get-artifact of a version with a path that climbs',
      (api) => api.get('/model-versions/get-artifact', { name: 'm', version: 1, path: '../x' }),
      invalid(/^Invalid path$/),
    ],
    [
      'two slashes before the path',
      (api) => api.get('//model-versions/get-artifact', { name: 'm', version: 1, path: '../x' }),
      invalid(/^Invalid path$/),
    ],
  ]),
];
