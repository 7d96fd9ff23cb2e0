import { jobPermissions } from '@assay/contracts';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { EndpointRegistry } from '@assay/platform/http';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const api = '/api/2.0/mlflow';
const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const multipart = '/api/2.0/mlflow-artifacts/mpu';
const api3 = '/api/3.0/mlflow';
const traces = `${api3}/traces`;
const bytes = { 'content-type': 'application/octet-stream' };
const nobodysTrace = { id: 'tr-of-nobody', otel: '0af7651916cd43dd8448eb211c80319c' };

interface Write {
  readonly route: string;
  readonly url?: string;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

describe('the token of a job', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });

  const job = (id: string) =>
    actorNamed(`token-of-${id}`, {
      id: `job:${id}`,
      kind: 'job',
      roles: [],
      permissions: jobPermissions('tabular'),
      onBehalfOf: 'ada',
      job: { jobId: id, epoch: 1, runId: null, recipe: 'tabular' },
    });
  const send = ({ route, url, body, headers = {} }: Write, as: string) => {
    const [method, path = ''] = route.split(' ');
    if (method !== 'GET' && method !== 'POST' && method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE')
      throw new Error(`"${route}" has no method`);
    return platform.call(method, url ?? path, body, as, method === 'PUT' ? bytes : headers);
  };
  const newRun = (as: string, headers: Record<string, string> = {}) =>
    platform.call('POST', `${api}/runs/create`, { experiment_id: '0' }, as, headers);
  const newModel = (as: string, runId?: string) =>
    platform.call('POST', `${api}/logged-models`, { experiment_id: '0', source_run_id: runId }, as);

  /** A write of every kind, to one run and one logged model of it. */
  const writesTo = (run: string, model: string): Write[] => [
    { route: `POST ${api}/runs/log-metric`, body: { run_id: run, key: 'm', value: 1, timestamp: 1 } },
    { route: `POST ${api}/runs/log-parameter`, body: { run_id: run, key: 'p', value: '1' } },
    { route: `POST ${api}/runs/log-batch`, body: { run_id: run, tags: [{ key: 't', value: '1' }] } },
    { route: `POST ${api}/runs/set-tag`, body: { run_id: run, key: 'a', value: '1' } },
    { route: `POST ${api}/runs/delete-tag`, body: { run_id: run, key: 'a' } },
    {
      route: `POST ${api}/runs/log-model`,
      body: {
        run_id: run,
        model_json: JSON.stringify({ artifact_path: 'm', flavors: {}, utc_time_created: 'now', run_id: run }),
      },
    },
    {
      route: `POST ${api}/runs/log-inputs`,
      body: { run_id: run, datasets: [{ dataset: { name: 'd', digest: '1', source_type: 's', source: 's' } }] },
    },
    { route: `POST ${api}/runs/outputs`, body: { run_id: run, models: [{ model_id: model, step: 0 }] } },
    { route: `POST ${api}/logged-models`, body: { experiment_id: '0', source_run_id: run } },
    {
      route: `PATCH ${api}/logged-models/:model_id/tags`,
      url: `${api}/logged-models/${model}/tags`,
      body: { tags: [{ key: 'a', value: '1' }] },
    },
    {
      route: `DELETE ${api}/logged-models/:model_id/tags/:tag_key`,
      url: `${api}/logged-models/${model}/tags/a`,
      body: undefined,
    },
    {
      route: `POST ${api}/logged-models/:model_id/params`,
      url: `${api}/logged-models/${model}/params`,
      body: { params: [{ key: 'a', value: '1' }] },
    },
    { route: `PUT ${proxy}/*`, url: `${proxy}/0/${run}/artifacts/a/b.txt`, body: 'x' },
    { route: `PUT ${proxy}/*`, url: `${proxy}/0/models/${model}/artifacts/b.txt`, body: 'x' },
    { route: `DELETE ${proxy}/*`, url: `${proxy}/0/${run}/artifacts/a`, body: undefined },
    {
      route: `POST ${api}/upload-artifact`,
      url: `${api}/upload-artifact?run_uuid=${run}&path=c.txt`,
      body: 'x',
      headers: bytes,
    },
    {
      route: `PATCH ${api}/logged-models/:model_id`,
      url: `${api}/logged-models/${model}`,
      body: { status: 'LOGGED_MODEL_READY' },
    },
    { route: `DELETE ${api}/logged-models/:model_id`, url: `${api}/logged-models/${model}`, body: undefined },
    { route: `POST ${api}/runs/update`, body: { run_id: run, status: 'FINISHED' } },
    { route: `POST ${api}/runs/delete`, body: { run_id: run } },
    { route: `POST ${api}/runs/restore`, body: { run_id: run } },
  ];
  const traceInfo = (id: string, run: string | null) => ({
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: { mlflow_experiment: { experiment_id: '0' } },
        trace_metadata: run === null ? {} : { 'mlflow.sourceRun': run },
      },
    },
  });
  const spansOf = (otelId: string) => ({
    resourceSpans: [
      { scopeSpans: [{ spans: [{ traceId: otelId, spanId: 'b7ad6b7169203331', startTimeUnixNano: '1' }] }] },
    ],
  });
  const exported = (otelId: string, run: string): Write => ({
    route: 'POST /v1/traces',
    body: spansOf(otelId),
    headers: { 'x-mlflow-experiment-id': '0', 'x-mlflow-run-id': run },
  });

  /** A write of every kind to one trace, which belongs or is about to belong to a run. */
  const tracesOf = (run: string, id: string, otelId: string): Write[] => [
    { route: `POST ${traces}`, body: traceInfo(id, run) },
    exported(otelId, run),
    {
      route: `PATCH ${traces}/:trace_id/tags`,
      url: `${traces}/${id}/tags`,
      body: { key: 'a', value: '1' },
    },
    { route: `DELETE ${traces}/:trace_id/tags`, url: `${traces}/${id}/tags`, body: { key: 'a' } },
    {
      route: `PATCH ${api}/traces/:trace_id/tags`,
      url: `${api}/traces/${id}/tags`,
      body: { key: 'b', value: '1' },
    },
    { route: `DELETE ${api}/traces/:trace_id/tags`, url: `${api}/traces/${id}/tags`, body: { key: 'b' } },
    {
      route: `PATCH ${api}/traces/:trace_id`,
      url: `${api}/traces/${id}`,
      body: { timestamp_ms: 2, status: 'OK', request_metadata: [{ key: 'mlflow.sourceRun', value: run }], tags: [] },
    },
    { route: `POST ${api}/traces/link-to-run`, body: { trace_ids: [id], run_id: run } },
    {
      route: `POST ${api}/traces/link-prompts`,
      body: { trace_id: id, prompt_versions: [{ name: 'p', version: '1' }] },
    },
    {
      route: `POST ${traces}/:trace_id/assessments`,
      url: `${traces}/${id}/assessments`,
      body: { assessment: { assessment_id: `a-${id}`, assessment_name: 'good', feedback: { value: true } } },
    },
    {
      route: `PATCH ${traces}/:trace_id/assessments/:assessment_id`,
      url: `${traces}/${id}/assessments/a-${id}`,
      body: { assessment: { feedback: { value: false } }, update_mask: 'feedback' },
    },
    {
      route: `DELETE ${traces}/:trace_id/assessments/:assessment_id`,
      url: `${traces}/${id}/assessments/a-${id}`,
      body: {},
    },
    { route: `PUT ${proxy}/*`, url: `${proxy}/0/traces/${id}/artifacts/traces.json`, body: 'x' },
  ];
  /** Uploads in parts, which only a store with presigned addresses has: whose run it is counts before that. */
  const partsOf = (run: string): Write[] =>
    Object.entries({
      create: { num_parts: 2 },
      complete: { upload_id: 'u', parts: [{ part_number: 1, etag: 'e' }] },
      abort: { upload_id: 'u' },
    }).map(([step, body]) => ({
      route: `POST ${multipart}/${step}/*folder`,
      url: `${multipart}/${step}/0/${run}/artifacts`,
      body: { path: 'large.bin', ...body },
    }));

  const about = (method: string, path: string, url: string, body: unknown): Write => ({
    route: `${method} ${api3}/${path}`,
    url: `${api3}/${url}`,
    body,
  });
  /** Issues, scorers and evaluation datasets are people's: whether there is one or not, a job is told the same. */
  const ofEvaluation: Write[] = [
    { route: `POST ${api3}/issues`, body: { experiment_id: '0', name: 'slow', description: 'It is slow.' } },
    about('PATCH', 'issues/:issue_id', 'issues/iss-0', { name: 'mine' }),
    { route: `POST ${api3}/scorers/register`, body: { experiment_id: '0', name: 's', serialized_scorer: '{}' } },
    { route: `DELETE ${api3}/scorers/delete`, body: { experiment_id: '0', name: 's' } },
    { route: `POST ${api3}/datasets/create`, body: { name: 'questions' } },
    about('DELETE', 'datasets/:dataset_id', 'datasets/d-0', undefined),
    about('PATCH', 'datasets/:dataset_id/tags', 'datasets/d-0/tags', { tags: '{"a": "1"}' }),
    about('DELETE', 'datasets/:dataset_id/tags/:key', 'datasets/d-0/tags/a', undefined),
    about('POST', 'datasets/:dataset_id/add-experiments', 'datasets/d-0/add-experiments', { experiment_ids: ['0'] }),
    about('POST', 'datasets/:dataset_id/remove-experiments', 'datasets/d-0/remove-experiments', {
      experiment_ids: ['0'],
    }),
    about('POST', 'datasets/:dataset_id/records', 'datasets/d-0/records', { records: '[{"inputs": {"q": 1}}]' }),
    about('DELETE', 'datasets/:dataset_id/records', 'datasets/d-0/records', { dataset_record_ids: ['dr-0'] }),
  ];

  /** What no job with a run may do at all. */
  const others: Write[] = [
    { route: `POST ${api}/runs/create`, body: { experiment_id: '0' } },
    { route: `POST ${api}/experiments/create`, body: { name: 'another' } },
    { route: `POST ${api}/experiments/update`, body: { experiment_id: '0', new_name: 'mine' } },
    { route: `POST ${api}/experiments/delete`, body: { experiment_id: '0' } },
    { route: `POST ${api}/experiments/restore`, body: { experiment_id: '0' } },
    { route: `POST ${api}/experiments/set-experiment-tag`, body: { experiment_id: '0', key: 'a', value: '1' } },
    { route: `POST ${api}/experiments/delete-experiment-tag`, body: { experiment_id: '0', key: 'a' } },
    { route: `DELETE ${proxy}/*`, url: `${proxy}/0`, body: undefined },
    { route: `POST ${api}/traces/delete-traces`, body: { experiment_id: '0', request_ids: [nobodysTrace.id] } },
    { route: `POST ${traces}/delete-traces`, body: { experiment_id: '0', request_ids: [nobodysTrace.id] } },
    {
      route: `POST ${api}/traces`,
      body: { experiment_id: '0', timestamp_ms: 1, request_metadata: [], tags: [] },
    },
    {
      route: `POST ${api}/runs/create-promptlab-run`,
      body: {
        experiment_id: '0',
        prompt_template: 'Say {{word}}.',
        prompt_parameters: [{ key: 'word', value: 'yes' }],
        model_route: 'chat',
        model_input: 'Say yes.',
        mlflow_version: '3.17.2',
      },
    },
    ...ofEvaluation,
  ];

  const own = { run: '', model: '', token: '' };
  const foreign = { run: '', model: '', ofJob: '' };

  beforeAll(async () => {
    actorNamed('ada');
    own.token = job('one').name;
    foreign.run = (await newRun('ada')).body.run.info.run_id;
    foreign.model = (await newModel('ada', foreign.run)).body.model.info.model_id;
    foreign.ofJob = (await newRun(job('two').name)).body.run.info.run_id;
    await platform.call('POST', traces, traceInfo(nobodysTrace.id, null), 'ada');
    await send(exported(nobodysTrace.otel, foreign.run), 'ada');
    own.run = (await newRun(own.token, { 'idempotency-key': 'run' })).body.run.info.run_id;
    own.model = (await newModel(own.token, own.run)).body.model.info.model_id;
  });

  const everything = () =>
    database.query(`select (select jsonb_agg(r order by run_id) from tracking.run r) as runs,
      (select jsonb_agg(m order by model_id) from tracking.logged_model m) as models, (select jsonb_agg(f) from tracking.file f) as files,
      (select jsonb_agg(t) from tracking.run_tag t) as tags, (select jsonb_agg(p) from tracking.metric_chunk p) as points,
      (select jsonb_agg(p) from tracking.param p) as params, (select jsonb_agg(e) from tracking.experiment e) as experiments,
      (select jsonb_agg(t order by trace_id) from tracking.trace t) as traces, (select jsonb_agg(s) from tracking.span s) as spans,
      (select jsonb_agg(a) from tracking.assessment a) as assessments, (select jsonb_agg(l) from tracking.trace_link l) as links,
      (select jsonb_agg(i) from tracking.issue i) as issues, (select jsonb_agg(s) from tracking.scorer_version s) as scorers,
      (select jsonb_agg(d) from tracking.evaluation_dataset d) as datasets, (select jsonb_agg(r) from tracking.evaluation_record r) as records,
      (select jsonb_agg(o) from tracking.run_model o) as outputs, (select jsonb_agg(d) from tracking.run_dataset d) as inputs`);

  it('writes nothing of a run that a person or another job made, by any route', async () => {
    const before = await everything();
    const writes = [
      ...writesTo(foreign.run, foreign.model),
      ...writesTo(foreign.ofJob, foreign.model),
      ...tracesOf(foreign.run, nobodysTrace.id, nobodysTrace.otel),
      ...tracesOf(own.run, nobodysTrace.id, nobodysTrace.otel),
      ...partsOf(foreign.run),
      ...others,
    ];
    for (const write of writes) {
      const answer = await send(write, own.token);
      expect(`${write.route}: ${answer.status} ${answer.body.error_code}`).toBe(
        `${write.route}: 403 PERMISSION_DENIED`,
      );
    }
    expect(await everything()).toEqual(before);
    const declared = platform
      .get(EndpointRegistry)
      .all()
      .filter(({ permission }) => permission === 'tracking:write')
      .flatMap(({ method, path }) => [path].flat().map((each) => `${method} ${each}`));
    expect([...new Set(writes.map(({ route }) => route))].toSorted()).toEqual(declared.toSorted());
  });

  it("can't write about a foreign logged model through its own run, nor make one for a foreign run", async () => {
    const metric = { key: 'm', value: 1, timestamp: 1, model_id: foreign.model };
    for (const write of [
      { route: `POST ${api}/runs/log-batch`, body: { run_id: own.run, metrics: [metric] } },
      { route: `POST ${api}/runs/log-metric`, body: { run_id: own.run, ...metric } },
      { route: `POST ${api}/runs/outputs`, body: { run_id: own.run, models: [{ model_id: foreign.model, step: 0 }] } },
      { route: `POST ${api}/logged-models`, body: { experiment_id: '0' } },
    ])
      expect(await send(write, own.token)).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
  });

  it('has one run: made again under its key it is the same, under another or none it is refused', async () => {
    const again = await newRun(own.token, { 'idempotency-key': 'run' });
    expect(again.body.run.info.run_id).toBe(own.run);
    expect((await newRun(own.token, { 'idempotency-key': 'other' })).status).toBe(403);
    expect((await newRun(own.token)).status).toBe(403);
    const third = job('three').name;
    const answers = await Promise.all([newRun(third), newRun(third)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status < 500)).toHaveLength(2);
  });

  it('may make an experiment for its run, as long as it has none', async () => {
    const made = await platform.call('POST', `${api}/experiments/create`, { name: 'for four' }, job('four').name);
    expect(made.status).toBe(200);
  });

  it('leaves a record of each refusal', async () => {
    const [row] = await database.query(
      `select count(*)::int as n from audit.inbox where record ->> 'action' = 'tracking.write.refused.v1'
         and record -> 'actor' ->> 'id' = 'job:one' and record ->> 'outcome' = 'refused'`,
    );
    expect(row?.['n']).toBeGreaterThan(0);
  });

  it('writes its own run and what that run made, by every route that is not about experiments', async () => {
    const otelId = '0af7651916cd43dd8448eb211c80319d';
    for (const write of [...writesTo(own.run, own.model), ...tracesOf(own.run, `tr-${otelId}`, otelId)]) {
      const answer = await send(write, own.token);
      expect(`${write.route}: ${answer.status} ${JSON.stringify(answer.body)}`).toContain(`${write.route}: 200`);
    }
  });
});
