import { Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import type { EndpointOptions } from '@assay/platform/http';
import { legalHold, legalHoldList } from '@assay/contracts';
import { testDatabase } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { firstAdministrator } from './known-things.js';
import { declaredRoutesOf, endpointsOf, mayChange, type Route } from './routed.js';
import { send, told } from './send.js';
import { wholePlatform } from './whole-platform.js';

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
type Answer = any;

interface Attempt {
  readonly path: string;
  readonly body?: object | string;
}

const v2 = '/api/2.0/mlflow';
const v3 = '/api/3.0/mlflow';
const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const password = 'correct horse battery';
const newPassword = `${password} of my own`;

/** What deletes, but nothing that lies under a model, a run or a dataset. */
const elsewhere: readonly Route[] = [
  'DELETE /api/2.0/mlflow/registered-models/alias', // moves a pointer, whose ledger stays
  'POST /api/2.0/mlflow/experiments/delete-experiment-tag',
  'DELETE /api/3.0/mlflow/scorers/delete',
];

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('under a legal hold', () => {
  const database = testDatabase();
  const platform = wholePlatform(database, { ASSAY_LOG_LEVEL: 'fatal' }, { workers: false });
  const token = { root: '', max: '', second: '', fresh: '' };
  const made = {
    experiment: '',
    run: '',
    model: '',
    trace: 'tr-held',
    assessment: '',
    questions: '',
    record: '',
    other: '',
  };
  const holds: Record<string, string> = {};

  beforeAll(async () => {
    token.root = await firstAdministrator(platform.app, platform.url);
    token.max = await person('max', 'maintainer');
    token.second = await person('second', 'admin');
    await ok('POST', '/api/v1/people', { email: 'fresh@assay.example', name: 'fresh', password, roles: ['admin'] });
    token.fresh = (await ok('POST', '/api/v1/sessions', { email: 'fresh@assay.example', password })).token;
    made.experiment = (await ok('POST', `${v2}/experiments/create`, { name: 'held' })).experiment_id;
    const tags = [{ key: 'team', value: 'risk' }];
    const newRun = async (): Promise<string> =>
      (await ok('POST', `${v2}/runs/create`, { experiment_id: made.experiment, tags })).run.info.run_id;
    made.run = await newRun();
    made.other = await newRun();
    for (const run of [made.run, made.other])
      await ok('PUT', `${proxy}/${made.experiment}/${run}/artifacts/notes/a.txt`, 'evidence');
    made.model = (
      await ok('POST', `${v2}/logged-models`, { experiment_id: made.experiment, source_run_id: made.run, tags })
    ).model.info.model_id;
    const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: made.experiment } };
    const trace_info = {
      trace_id: made.trace,
      trace_location: location,
      trace_metadata: { 'mlflow.sourceRun': made.run },
      tags: { team: 'risk' },
    };
    await ok('POST', `${v3}/traces`, { trace: { trace_info } });
    made.assessment = (
      await ok('POST', `${v3}/traces/${made.trace}/assessments`, {
        assessment: { assessment_name: 'good', feedback: { value: true } },
      })
    ).assessment.assessment_id;
    for (const [name, run] of [
      ['from-run', made.run],
      ['credit', made.other],
    ] as const) {
      await ok('POST', `${v2}/registered-models/create`, { name, tags });
      await ok('POST', `${v2}/model-versions/create`, { name, source: `runs:/${run}/model`, run_id: run, tags });
    }
    await ok('POST', '/api/v1/datasets/applicants/versions', 'a,b\n1,2\n', 'text/csv');
    made.questions = (
      await ok('POST', `${v3}/datasets/create`, { name: 'questions', tags: '{"team": "risk"}' })
    ).dataset.dataset_id;
    await ok('POST', `${v3}/datasets/${made.questions}/records`, {
      records: '[{"inputs": {"q": 1}, "expectations": {"answer": 1}}]',
    });
    const { records } = await ok('GET', `${v3}/datasets/${made.questions}/records`);
    made.record = JSON.parse(records)[0].dataset_record_id;
    for (const [kind, subject] of [
      ['run', made.run],
      ['model', 'credit'],
      ['dataset', 'applicants'],
      ['evaluation-dataset', made.questions],
    ] as const) {
      const answer = await ask('POST', '/api/v1/legal-holds', { kind, subject, reason: 'a claim' }, token.max);
      if (!answer.ok) throw new Error(await answer.text());
      holds[kind] = legalHold.parse(await answer.json()).id;
    }
  });

  it('nothing is deleted by any route that deletes: 409, with the hold', async () => {
    const routes = endpointsOf(platform.app).filter(deletes).flatMap(declaredRoutesOf);
    const attempts = deletions();
    expect([...Object.keys(attempts), ...elsewhere].toSorted()).toEqual(routes.toSorted());
    const before = await tables();
    const wrong: string[] = [];
    for (const [route, each] of Object.entries(attempts)) {
      for (const { path, body } of each) {
        const answer = await ask(route.split(' ')[0] ?? '', path, body);
        const text = await answer.text();
        const named = Object.values(holds).some((id) => text.includes(id));
        if (answer.status !== 409 || !named) wrong.push(`${route} ${path}: ${answer.status} ${text}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await tables()).toEqual(before);
  });

  it('neither is a file or a tag replaced, while what is new still comes', async () => {
    const file = `${proxy}/${made.experiment}/${made.run}/artifacts/notes/a.txt`;
    const tag = (key: string, value: string) => ({ run_id: made.run, key, value });
    expect((await ask('PUT', file, 'forged')).status).toBe(409);
    expect(await (await ask('GET', file)).text()).toBe('evidence');
    expect((await ask('POST', `${v2}/runs/set-tag`, tag('team', 'other'))).status).toBe(409);
    expect((await ask('POST', `${v2}/runs/set-tag`, tag('team', 'risk'))).status).toBe(200);
    expect((await ask('POST', `${v2}/runs/set-tag`, tag('new', 'x'))).status).toBe(200);
    expect((await ask('PUT', file.replace('a.txt', 'b.txt'), 'more evidence')).status).toBe(200);
    const metric = { run_id: made.run, key: 'auc', value: 0.7, timestamp: 1, step: 0 };
    expect((await ask('POST', `${v2}/runs/log-metric`, metric)).status).toBe(200);
  });

  it('nor is what was said of a trace, an assessment or a record, and no trace leaves its run', async () => {
    const { trace, assessment, questions } = made;
    const about = (more: object) => ({
      trace: {
        trace_info: {
          trace_id: trace,
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: made.experiment } },
          ...more,
        },
      },
    });
    const records = (expectations: string) => ({ records: `[{"inputs": {"q": 1}, "expectations": ${expectations}}]` });
    const patched = { assessment: { feedback: { value: false } }, update_mask: 'feedback' };
    const refused = [
      ['PATCH', `${v3}/traces/${trace}/tags`, { key: 'team', value: 'other' }],
      ['POST', `${v3}/traces`, about({ trace_metadata: { 'mlflow.sourceRun': 'another' } })],
      ['PATCH', `${v3}/traces/${trace}/assessments/${assessment}`, patched],
      ['POST', `${v3}/datasets/${questions}/records`, records('{"answer": 2}')],
    ] as const;
    for (const [method, path, body] of refused)
      expect([path, (await ask(method, path, body)).status]).toEqual([path, 409]);
    const added = [
      ['PATCH', `${v3}/traces/${trace}/tags`, { key: 'more', value: 'x' }],
      ['POST', `${v3}/traces`, about({ trace_metadata: { 'mlflow.sourceRun': made.run, more: 'x' } })],
      ['POST', `${v3}/datasets/${questions}/records`, records('{"also": 2}')],
    ] as const;
    for (const [method, path, body] of added)
      expect([path, (await ask(method, path, body)).status]).toEqual([path, 200]);
  });

  it('and each attempt is on record, with the hold and what it was about', async () => {
    const file = `${proxy}/${made.experiment}/${made.run}/artifacts/notes/a.txt`;
    await ask('PUT', file, 'forged', token.max);
    const tried = async (): Promise<Answer[]> => {
      const path = '/api/v1/audit/records?action=registry.legal_hold.refused.v1&outcome=refused&limit=100';
      return (await ok('GET', path)).records.map(({ leaf }: { leaf: string }) => JSON.parse(leaf));
    };
    await expect.poll(tried).toContainEqual(
      expect.objectContaining({
        target: { type: 'legal-hold', id: holds['run'] },
        after: { endpoint: `PUT ${proxy}/*`, kind: 'run', subject: made.run },
        links: { run: made.run },
      }),
    );
    const records = await tried();
    expect(records.length).toBeGreaterThan(20);
    expect(records.some(({ target, after }) => target.id === holds['model'] && after.kind === 'model')).toBe(true);
  });

  it('nor by SQL as the service, which can end no hold by itself either', async () => {
    const db = platform.app.get<Database>(databaseToken('registry'), { strict: false });
    const run = (sql: string) => db.transaction((tx) => tx.query(sql));
    for (const sql of [
      `update tracking.run set lifecycle_stage = 'deleted' where run_id = '${made.other}'`,
      `update tracking.experiment set lifecycle_stage = 'deleted' where experiment_id = ${made.experiment}`,
      `update registry.registered_model set deleted_at = now() where name = 'credit'`,
      `delete from tracking.file where owner_id = '${made.run}'`,
      `delete from tracking.trace where trace_id = '${made.trace}'`,
      `update tracking.trace set metadata = metadata - 'mlflow.sourceRun' where trace_id = '${made.trace}'`,
    ])
      await expect(run(sql)).rejects.toThrow('The legal hold');
    const lift = (by: string) =>
      run(
        `update registry.legal_hold set lifted_by = ${by}, lifted_at = now(), lift_reason = 'x' where id = '${holds['run']}'`,
      );
    await expect(lift('set_by')).rejects.toThrow('legal_hold_four_eyes');
    await expect(lift(`'nobody'`)).rejects.toThrow('by a person');
    await expect(run(`delete from registry.legal_hold`)).rejects.toThrow('permission denied');
  });

  it('what is unknown can not be held, and a hold is ended by an administrator who did not set it', async () => {
    const set = (body: object, as: string) => ask('POST', '/api/v1/legal-holds', body, as);
    for (const kind of ['model', 'run', 'dataset', 'evaluation-dataset'])
      expect((await set({ kind, subject: 'none', reason: 'x' }, token.max)).status).toBe(404);
    const answer = await set({ kind: 'model', subject: 'credit', reason: 'mine' }, token.root);
    const own = legalHold.parse(await answer.json());
    const lift = (id: string, as: string) => ask('POST', `/api/v1/legal-holds/${id}/lift`, { reason: 'settled' }, as);
    expect((await lift(own.id, token.root)).status).toBe(403);
    expect((await lift(own.id, token.max)).status).toBe(403);
    expect((await lift('none', token.second)).status).toBe(404);
    expect((await lift(own.id, token.fresh)).status).toBe(403); // root knows that password
    expect((await lift(own.id, token.second)).status).toBe(200);
    expect((await lift(own.id, token.second)).status).toBe(409);
    // The other hold on the model stands.
    expect((await ask('DELETE', `${v2}/registered-models/delete`, { name: 'credit' })).status).toBe(409);
    const listed = async (query: string) =>
      legalHoldList.parse(await (await ask('GET', `/api/v1/legal-holds${query}`)).json()).holds;
    expect(await listed('')).toHaveLength(4);
    expect(await listed('?state=all&kind=model')).toMatchObject([
      { id: own.id, lifted: { reason: 'settled' } },
      { id: holds['model'], lifted: null },
    ]);
  });

  it('a hold stands only once the deletions are over that were under way', async () => {
    const run = (await ok('POST', `${v2}/runs/create`, { experiment_id: made.experiment })).run.info.run_id;
    const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: made.experiment } };
    const trace_info = {
      trace_id: 'tr-late',
      trace_location: location,
      trace_metadata: { 'mlflow.sourceRun': run },
      tags: { team: 'risk' },
    };
    await ok('POST', `${v3}/traces`, { trace: { trace_info } });
    const db = platform.app.get<Database>(databaseToken('registry'), { strict: false });
    const [begun, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const deletion = db.transaction(async (tx) => {
      await tx.query(`update tracking.trace set tags = '{}' where trace_id = 'tr-late'`);
      begun.resolve();
      await release.promise;
    });
    await begun.promise;
    let answered = false;
    const hold = ask('POST', '/api/v1/legal-holds', { kind: 'run', subject: run, reason: 'x' }).finally(() => {
      answered = true;
    });
    const waiting = () => database.query(`select from pg_locks where locktype = 'advisory' and not granted`);
    await expect.poll(async () => answered || (await waiting()).length > 0).toBe(true);
    expect(answered).toBe(false);
    release.resolve();
    await deletion;
    const { id } = legalHold.parse(await (await hold).json());
    expect((await ask('DELETE', `${v3}/traces/tr-late/tags`, { key: 'team' })).status).toBe(404); // it was gone before
    expect((await ask('POST', `/api/v1/legal-holds/${id}/lift`, { reason: 'x' }, token.second)).status).toBe(200);
  });

  it('and once all are lifted, everything is deleted as before', async () => {
    for (const id of Object.values(holds))
      expect((await ask('POST', `/api/v1/legal-holds/${id}/lift`, { reason: 'settled' }, token.root)).status).toBe(200);
    for (const [method, path, body] of [
      ['DELETE', `${v2}/registered-models/delete`, { name: 'credit' }],
      ['DELETE', `${v3}/datasets/${made.questions}`, {}],
      ['POST', `${v3}/traces/delete-traces`, { experiment_id: made.experiment, request_ids: [made.trace] }],
      ['POST', `${v2}/runs/delete`, { run_id: made.run }],
      ['POST', `${v2}/experiments/delete`, { experiment_id: made.experiment }],
    ] as const)
      expect([path, (await ask(method, path, body)).status]).toEqual([path, 200]);
  });

  /** A deletion of something held by each route that deletes. */
  function deletions(): Record<Route, readonly Attempt[]> {
    const { experiment, run, model, trace, assessment, questions, record, other } = made;
    const traces = { experiment_id: experiment, request_ids: [trace] };
    return {
      [`POST ${v2}/experiments/delete`]: [{ path: `${v2}/experiments/delete`, body: { experiment_id: experiment } }],
      [`POST ${v2}/runs/delete`]: [run, other].map((id) => ({ path: `${v2}/runs/delete`, body: { run_id: id } })),
      [`POST ${v2}/runs/delete-tag`]: [run, other].map((id) => ({
        path: `${v2}/runs/delete-tag`,
        body: { run_id: id, key: 'team' },
      })),
      [`DELETE ${v2}/logged-models/:model_id`]: [{ path: `${v2}/logged-models/${model}` }],
      [`DELETE ${v2}/logged-models/:model_id/tags/:tag_key`]: [{ path: `${v2}/logged-models/${model}/tags/team` }],
      [`DELETE ${proxy}/*`]: [run, other].flatMap((id) =>
        ['notes/a.txt', 'notes', ''].map((path) => ({
          path: `${proxy}/${experiment}/${id}/artifacts/${path}`.replace(/\/$/, ''),
        })),
      ),
      [`DELETE ${v2}/registered-models/delete`]: ['credit', 'from-run'].map((name) => ({
        path: `${v2}/registered-models/delete`,
        body: { name },
      })),
      [`DELETE ${v2}/registered-models/delete-tag`]: [
        { path: `${v2}/registered-models/delete-tag`, body: { name: 'credit', key: 'team' } },
      ],
      [`DELETE ${v2}/model-versions/delete`]: ['credit', 'from-run'].map((name) => ({
        path: `${v2}/model-versions/delete`,
        body: { name, version: '1' },
      })),
      [`DELETE ${v2}/model-versions/delete-tag`]: ['credit', 'from-run'].map((name) => ({
        path: `${v2}/model-versions/delete-tag`,
        body: { name, version: '1', key: 'team' },
      })),
      [`POST ${v3}/traces/delete-traces`]: [{ path: `${v3}/traces/delete-traces`, body: traces }],
      [`POST ${v2}/traces/delete-traces`]: [{ path: `${v2}/traces/delete-traces`, body: traces }],
      [`DELETE ${v3}/traces/:trace_id/assessments/:assessment_id`]: [
        { path: `${v3}/traces/${trace}/assessments/${assessment}` },
      ],
      [`DELETE ${v3}/datasets/:dataset_id/tags/:key`]: [{ path: `${v3}/datasets/${questions}/tags/team` }],
      [`DELETE ${v2}/traces/:trace_id/tags`]: [{ path: `${v2}/traces/${trace}/tags`, body: { key: 'team' } }],
      [`DELETE ${v3}/traces/:trace_id/tags`]: [{ path: `${v3}/traces/${trace}/tags`, body: { key: 'team' } }],
      [`DELETE ${v3}/datasets/:dataset_id`]: [{ path: `${v3}/datasets/${questions}` }],
      [`DELETE ${v3}/datasets/:dataset_id/records`]: [
        { path: `${v3}/datasets/${questions}/records`, body: { dataset_record_ids: [record] } },
      ],
    };
  }

  /** How many rows each table of tracking and the registry has, and how many of them are marked as deleted. */
  async function tables(): Promise<unknown> {
    const counted = [
      'tracking.run_tag',
      'tracking.file',
      'tracking.trace',
      'tracking.assessment',
      'tracking.evaluation_record',
    ];
    const more = ['tracking.logged_model_tag', 'registry.registered_model_tag', 'registry.model_version_tag'];
    return database.query(
      `select ${[...counted, ...more].map((table) => `(select count(*) from ${table}) as "${table}"`).join(', ')},
         (select count(*) from tracking.run where lifecycle_stage = 'deleted') as runs,
         (select count(*) from tracking.experiment where lifecycle_stage = 'deleted') as experiments,
         (select count(*) from tracking.logged_model where lifecycle_stage = 'deleted') as logged_models,
         (select count(*) from registry.registered_model where deleted_at is not null) as models,
         (select count(*) from registry.model_version where deleted_at is not null) as versions,
         (select count(*) from registry.pointer_move) as moves`,
    );
  }

  async function person(name: string, role: string): Promise<string> {
    const email = `${name}@assay.example`;
    await ok('POST', '/api/v1/people', { email, name, password, roles: [role] });
    const first = (await ok('POST', '/api/v1/sessions', { email, password })).token;
    await told(platform.url, 'POST', '/api/v1/me/password', { token: first, body: { password, newPassword } });
    return (await ok('POST', '/api/v1/sessions', { email, password: newPassword })).token;
  }

  function ask(method: string, path: string, body?: object | string, as = token.root): Promise<Response> {
    return send(platform.url, method, path, { token: as, body });
  }

  function ok(method: string, path: string, body?: object | string, type?: string): Promise<Answer> {
    return told(platform.url, method, path, { token: token.root, body, type });
  }
});

/** Routes of tracking and the registry that delete, by their method or their name. */
function deletes({ method, permission, path }: EndpointOptions): boolean {
  const paths = typeof path === 'string' ? [path] : path;
  return (
    mayChange(method) &&
    /^(?:tracking|registry|datasets):/.test(permission) &&
    (method === 'DELETE' || paths.some((each) => /delete|remove-/.test(each) && !each.includes('remove-experiments')))
  );
}
