import { localPermissions } from '@assay/contracts';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { Database, databaseToken, newId, acrossWorkspaces } from '@assay/platform/database';
import { RunLineage } from '@assay/tracking-reads';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { TrackedFiles } from '../model-versions/tracked-files.builder.js';
import { PromotionWorld } from '../promotions/promotion-world.builder.js';
import { RegistryModule } from '../registry.module.js';

const digest = '5e'.repeat(32);

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly relation: string;
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('lineage', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const tracked = new TrackedFiles(database, platform);
  const world = new PromotionWorld(database.query);
  const ids = {
    run: '',
    tuned: '',
    model: '',
    tunedModel: '',
    evaluation: newId(),
    job: newId(),
    window: newId(),
    alert: newId(),
    retraining: newId(),
    retrained: '',
  };

  beforeAll(async () => {
    await world.dataset('applicants', digest);
    await world.dataset('applicants-again', digest);
    ids.run = await tracked.run();
    await world.trainedOn(ids.run, digest);
    ids.model = await tracked.loggedModel(ids.run);
    await tracked.file('logged_model', ids.model, 'MLmodel', 'a');
    ids.tuned = await tracked.run();
    ids.tunedModel = await tracked.loggedModel(ids.tuned);
    await tracked.file('logged_model', ids.tunedModel, 'MLmodel', 'b');
    for (const name of ['credit', 'live', 'hidden']) await post('registered-models/create', { name });
    await post('model-versions/create', { name: 'credit', source: `models:/${ids.model}` });
    await post('model-versions/create', { name: 'credit', source: `models:/${ids.tunedModel}` });
    await post('model-versions/create', { name: 'live', source: 'models:/credit/1' });
    await post('model-versions/create', { name: 'hidden', source: `models:/${ids.model}` });
    for (const version of ['1', '2'])
      await post('registered-models/alias', { name: 'credit', alias: 'champion', version });
    // What neighbours own, as they write it. The tuned run goes on from the first model and logs it again: a circle.
    await seed(`
      insert into tracking.run_model (run_number, direction, model_id, step)
        select number, direction, '${ids.model}', 0 from tracking.run, unnest(array['input', 'output']) as direction where run_id = '${ids.tuned}';
      insert into registry.evaluation (id, workspace, model_id, version, dataset_name, dataset_version, dataset_digest, facts, digest, job_id, reported_by, on_training_data, created_at)
        select '${ids.evaluation}', 'default', id, 1, 'applicants', 1, '${digest}', '{}', 'd', 'gone', 'eve', true, now() from registry.registered_model where name = 'credit';
      insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by, created_by_kind)
        values ('${ids.job}', 'default', 'score', '{"inputs": {"model": {"name": "credit", "alias": "champion"}, "dataset": {"name": "applicants-again", "version": 1}}}',
          '', 1, 'default', 0, 1, 'succeeded', 1, now(), 'eve', 'person');
      insert into runner.attempt (job_id, epoch, state, started_at) values ('${ids.job}', 1, 'succeeded', now());
      insert into runner.attempt_status (job_id, epoch, lease_until, data_read)
        values ('${ids.job}', 1, now(), '[{"kind": "model", "name": "credit", "version": "2", "sha256": ""}]');
      insert into drift.monitor (id, workspace, name, model, pointer, reference_name, reference_version, reference_digest, reference_rows, rows_kept, features, alpha,
          minimum_rows, alarms, alarm_windows, owner, severity, runbook, created_by, created_at)
        values ('m', 'default', 'watch', 'credit', 'champion', 'applicants', 1, '${digest}', 1, 1, '[]', 0.05, 1, 1, 1, 'o', 'low', '', 'eve', now());
      insert into drift.judged_window (id, monitor_id, label, from_at, to_at, rows, rows_used, verdict, shifted, findings, checks, reference_digest, predictions_digest, judged_by, judged_at)
        values ('${ids.window}', 'm', 'first', now(), now() + interval '1 hour', 9, 9, 'steady', '[]', '[]', '[]', '', '', 'job:${ids.job}', now());`);
    // The window alarms, a trigger answers, and its job trains again.
    ids.retrained = await tracked.run();
    const record = newId();
    await seed(`
      update drift.judged_window set alert_id = '${ids.alert}' where id = '${ids.window}';
      insert into drift.alert (id, workspace, monitor_id, window_id, kind, state, severity, owner, runbook, features, windows, opened_at)
        values ('${ids.alert}', 'default', 'm', '${ids.window}', 'drift', 'open', 'high', 'o', '', '[]', 1, now());
      insert into audit.leaf (index, leaf, id, recorded_at, workspace, actor_id, actor_kind, action, target_type, target_id, outcome)
        values (0, '{}', '${record}', now(), 'default', 'eve', 'person', 'drift.alert.opened.v1', 'drift.alert', '${ids.alert}', 'success');
      insert into runner.trigger (id, workspace, name, on_event, job, created_at, created_by, created_by_kind)
        values ('t', 'default', 'retrain', 'drift.alert.opened', '{}', now(), 'eve', 'person');
      insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by, created_by_kind, trigger_id, event_id)
        select id, 'default', 'tabular', '{"inputs": {}}', '', 1, 'default', 0, 1, 'succeeded', 1, now(), 'eve', 'person', 't', event
          from (values ('${ids.retraining}', '${record}'), ('${newId()}', 'another record')) as fired (id, event);
      update tracking.run set job_id = '${ids.retraining}' where run_id = '${ids.retrained}';`);
  });

  it('leads from data to the windows of predictions, and names each step', async () => {
    const { body } = await ask('dataset-version', 'applicants:1', 'direction=down');
    const names = named(body.nodes);
    expect(body.truncated).toBe(false);
    expect(told(body.edges, names)).toEqual(
      expect.arrayContaining([
        'applicants:1 > run: read for training',
        'run > model: was logged by',
        'model > credit:1: was registered from',
        'model > run: went on from',
        'credit:1 > live:1: is a copy of',
        'credit:1 > credit:1 on applicants:1: measured',
        'applicants:1 > credit:1 on applicants:1: was measured on',
        'credit:1 > credit@champion: moved to',
        'credit:2 > credit@champion: moved to',
        'credit:2 > score: read',
        'credit@champion > score: took what it holds',
        'credit@champion > watch first: covers',
        'score > watch first: was judged for',
        'applicants:1 > watch first: was compared with',
        'watch first > watch: was opened by',
        'watch > tabular: was started for it by the trigger retrain',
        'tabular > run: was written by',
      ]),
    );
    expect(new Set(body.nodes.map(({ key }: { key: string }) => key)).size).toBe(body.nodes.length);
  });

  it('leads back from a window to the data, and each way is the other one turned around', async () => {
    const up = (await ask('prediction-window', ids.window, 'direction=up')).body;
    const kinds = up.nodes.map(({ kind }: { kind: string }) => kind);
    for (const kind of ['pointer-move', 'job', 'model-version', 'logged-model', 'run', 'dataset-version'])
      expect(kinds).toContain(kind);
    for (const { key, kind, id } of up.nodes) {
      const down = (await ask(kind, id, 'direction=down')).body;
      const forward = up.edges.filter(({ from }: Edge) => from === key);
      expect(down.edges).toEqual(expect.arrayContaining(forward));
    }
  });

  it('leads back from a run to the alert for which a trigger started its job, and to no other job of that trigger', async () => {
    const up = (await ask('run', ids.retrained, 'direction=up')).body;
    expect(told(up.edges, named(up.nodes))).toEqual(
      expect.arrayContaining([
        'tabular > run: was written by',
        'watch > tabular: was started for it by the trigger retrain',
        'watch first > watch: was opened by',
      ]),
    );
    const down = (await ask('drift-alert', ids.alert, 'direction=down')).body;
    expect(down.nodes.map(({ kind }: { kind: string }) => kind)).toEqual(['drift-alert', 'job', 'run']);
    expect(down.nodes[0].facts).toEqual({ alert: 'drift', severity: 'high', state: 'open' });
  });

  it('finds things by the names that people use, and ends at its bounds', async () => {
    expect((await ask('model-version', 'credit:2')).body.nodes[0]).toMatchObject({
      kind: 'model-version',
      name: 'credit:2',
    });
    expect((await ask('pointer-move', 'credit@champion')).body.nodes[0].facts).toMatchObject({ version: '2' });
    const near = (await ask('dataset-version', 'applicants:1', 'direction=down&depth=1')).body;
    expect(near.truncated).toBe(true);
    expect(near.nodes.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual([
      'dataset-version',
      'evaluation',
      'prediction-window',
      'run',
    ]);
    const few = (await ask('dataset-version', 'applicants:1', 'limit=3')).body;
    expect([few.nodes.length, few.truncated]).toEqual([3, true]);
    for (const [kind, id] of [
      ['run', 'none'],
      ['model-version', 'credit:99'],
      ['model-version', 'credit:'],
      ['dataset-version', ':'],
      ['pointer-move', 'credit@none'],
      ['job', ids.run],
    ] as const)
      expect((await ask(kind, id)).status).toBe(404);
    expect((await ask('nonsense', 'x')).status).toBe(400);
  });

  it('tells nobody of what they may not read, and nothing that is known only through it', async () => {
    const narrow = actorNamed('narrow', { permissions: ['registry:read'] }).id;
    const seen = (await ask('dataset-version', 'applicants:1', 'direction=down', narrow)).body;
    expect(seen.nodes.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['dataset-version', 'evaluation']);
    const denied = actorNamed('denied', {
      permissions: localPermissions,
      modelGrants: [{ pattern: 'hid*', permissions: ['registry:read'], effect: 'deny' }],
    }).id;
    const of = async (as?: string) => JSON.stringify((await ask('logged-model', ids.model, '', as)).body);
    expect(await of()).toContain('hidden:1');
    expect(await of(denied)).not.toContain('hidden');
    expect((await ask('model-version', 'hidden:1', '', denied)).status).toBe(404);
    // A job that read a hidden model, a window of its predictions and the alert on it are about that model.
    const blind = actorNamed('blind', {
      permissions: localPermissions,
      modelGrants: [{ pattern: 'credit', permissions: ['registry:read'], effect: 'deny' }],
    }).id;
    for (const [kind, id] of [
      ['job', ids.job],
      ['prediction-window', ids.window],
      ['drift-alert', ids.alert],
    ] as const)
      expect([kind, (await ask(kind, id)).status, (await ask(kind, id, '', blind)).status]).toEqual([kind, 200, 404]);
    actorNamed('elsewhere', { workspace: 'other' });
    expect((await ask('run', ids.run, '', 'elsewhere')).status).toBe(404);
  });

  it('answers for an erasure request which models and pointers a dataset went into, whatever name its bytes have', async () => {
    for (const [name, other] of [
      ['applicants', 'applicants-again'],
      ['applicants-again', 'applicants'],
    ] as const) {
      const { body } = await platform.call('GET', `/api/v1/datasets/${name}/versions/1/used-by`);
      expect(body).toMatchObject({ dataset: `${name}:1`, digest, sameContent: [`${other}:1`], truncated: false });
      expect(body.runs).toMatchObject([{ id: ids.run, use: 'training' }]);
      expect(
        body.versions
          .map(
            (each: { model: string; version: string; because: string }) =>
              `${each.model}:${each.version} ${each.because}`,
          )
          .toSorted(),
      ).toEqual(['credit:1 trained', 'credit:2 fine-tuned', 'hidden:1 trained', 'live:1 copied']);
      expect(body.pointers).toMatchObject([
        { model: 'credit', pointer: 'champion', version: '1', until: body.pointers[1].from },
        { model: 'credit', pointer: 'champion', version: '2', until: null },
      ]);
      expect(body.evaluations).toEqual([ids.evaluation]);
    }
    expect((await platform.call('GET', '/api/v1/datasets/none/versions/1/used-by')).status).toBe(404);
  });

  it('counts data of a run for the runs that are nested in it, and what a part learnt for the whole, but for no sibling', async () => {
    const [whole, reader, sibling, given] = [
      await tracked.run(),
      await tracked.run(),
      await tracked.run(),
      await tracked.run(),
    ];
    const nest = (part: string, into: string) =>
      seed(`insert into tracking.run_tag (run_number, experiment_id, key, value)
        select number, experiment_id, 'mlflow.parentRunId', '${into}' from tracking.run where run_id = '${part}';`);
    await nest(reader, whole);
    await nest(sibling, whole);
    await nest(given, reader);
    const sha256 = '6f'.repeat(32);
    await world.dataset('nested', sha256);
    await world.trainedOn(reader, sha256);
    for (const [name, run] of Object.entries({ whole, reader, sibling, given })) {
      await post('registered-models/create', { name: `of-${name}` });
      await post('model-versions/create', { name: `of-${name}`, source: `models:/${await loggedModel(run)}` });
    }
    const { body } = await platform.call('GET', '/api/v1/datasets/nested/versions/1/used-by');
    expect(versionsIn(body)).toEqual(['of-given:1 trained', 'of-reader:1 trained', 'of-whole:1 trained']);
    expect(body.runs.map(({ id, use }: { id: string; use: string }) => [id, use]).toSorted()).toEqual(
      [
        [reader, 'training'],
        [given, 'training'],
      ].toSorted(),
    );
    for (const [run, times] of [
      [given, 1],
      [reader, 1],
      [whole, 1],
      [sibling, 0],
    ] as const) {
      const up = (await ask('run', run, 'direction=up')).body;
      expect(up.nodes.filter(({ kind }: { kind: string }) => kind === 'dataset-version')).toHaveLength(times);
    }
    const registry = platform.get<Database>(databaseToken('registry'));
    const learnt = (runId: string) =>
      registry.read((tx) => new RunLineage().trainedOn(tx, { runId, loggedModelId: null }, sha256));
    expect([await learnt(given), await learnt(reader), await learnt(whole), await learnt(sibling)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('answers page by page, and all pages together name every use', async () => {
    const sha256 = '7a'.repeat(32);
    await world.dataset('wide', sha256);
    await post('registered-models/create', { name: 'wide' });
    for (let run = 0; run < 5; run += 1) {
      const id = await tracked.run();
      await world.trainedOn(id, sha256);
      await post('model-versions/create', { name: 'wide', source: `models:/${await loggedModel(id)}` });
    }
    const all = (await platform.call('GET', '/api/v1/datasets/wide/versions/1/used-by')).body;
    expect([all.nextPageToken, all.runs.length]).toEqual([null, 5]);
    const found: string[] = [];
    const sizes: number[] = [];
    let pageToken = '';
    do {
      const { body } = await platform.call('GET', `/api/v1/datasets/wide/versions/1/used-by?limit=2${pageToken}`);
      sizes.push(body.runs.length);
      found.push(...versionsIn(body));
      pageToken = body.nextPageToken === null ? '' : `&pageToken=${body.nextPageToken}`;
    } while (pageToken !== '');
    expect(sizes).toEqual([2, 2, 1]);
    expect(found.toSorted()).toEqual(versionsIn(all));
    const wrong = await platform.call('GET', '/api/v1/datasets/wide/versions/1/used-by?pageToken=nonsense');
    expect(wrong.status).toBe(400);
  });

  it('tells a version apart whose run read the data, but not to learn from it', async () => {
    const sha256 = '8b'.repeat(32);
    await world.dataset('holdout', sha256);
    const run = await tracked.run();
    await world.trainedOn(run, sha256);
    await seed(`update tracking.run_dataset set tags = '[{"key":"mlflow.data.context","value":"evaluation"}]'
      where run_number = (select number from tracking.run where run_id = '${run}');`);
    await post('registered-models/create', { name: 'judged' });
    await post('model-versions/create', { name: 'judged', source: `models:/${await loggedModel(run)}` });
    const { body } = await platform.call('GET', '/api/v1/datasets/holdout/versions/1/used-by');
    expect(versionsIn(body)).toEqual(['judged:1 read']);
  });

  it('shows data that nobody registered as the run named it', async () => {
    await seed(`
      insert into tracking.dataset (id, experiment_id, name, digest, source_type, source) values ('loose', 0, 'scraped', 'abc', 'local', 'x.csv');
      insert into tracking.run_dataset (run_number, dataset_id, tags) select number, 'loose', '[]' from tracking.run where run_id = '${ids.tuned}';`);
    const { body } = await ask('run', ids.tuned, 'direction=up');
    expect(told(body.edges, named(body.nodes))).toContain('scraped > run: read');
    const back = await ask('logged-dataset', 'loose', 'direction=down');
    expect(told(back.body.edges, named(back.body.nodes))).toContain('scraped > run: read');
  });

  async function loggedModel(run: string): Promise<string> {
    const model = await tracked.loggedModel(run);
    await tracked.file('logged_model', model, 'MLmodel', model);
    return model;
  }

  function versionsIn(body: { versions: { model: string; version: string; because: string }[] }): string[] {
    return body.versions.map(({ model, version, because }) => `${model}:${version} ${because}`).toSorted();
  }

  function ask(kind: string, id: string, query = '', as?: string) {
    return platform.call('GET', `/api/v1/lineage/${kind}/${encodeURIComponent(id)}?${query}`, undefined, as);
  }

  function named(nodes: readonly { key: string; name: string }[]): Map<string, string> {
    return new Map(nodes.map(({ key, name }) => [key, name]));
  }

  function told(edges: readonly Edge[], names: ReadonlyMap<string, string>): string[] {
    return edges.map(({ from, to, relation }) => `${names.get(from)} > ${names.get(to)}: ${relation}`);
  }

  async function post(path: string, body: object): Promise<void> {
    const answer = await platform.call('POST', `/api/2.0/mlflow/${path}`, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async function seed(sql: string): Promise<void> {
    await database.query(`begin; set local session_replication_role = replica; ${sql} commit;`);
  }
});
