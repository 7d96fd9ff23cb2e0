import { SetUp } from '@assay/access';
import { roles } from '@assay/contracts';
import type { INestApplicationContext } from '@nestjs/common';
import { AttemptTokens } from '../../libs/runner/src/attempts/attempt-tokens.js';
import { AdmitJobs } from '../../libs/runner/src/scheduling/admit-jobs.js';
import { told } from './send.js';

type Body = Readonly<Record<string, unknown>>;
// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, read once
type Answer = any;

export interface KnownThings {
  /** Token of an administrator. */
  readonly token: string;
  /** A job that runs, with the token that its worker has while its lease lasts. */
  readonly running: { readonly id: string; readonly epoch: number; readonly token: string };
  /** Ids without which that token is worth nothing. */
  readonly protectedIds: readonly string[];
  /** Collection under `/api/v1` → id of one thing in it. */
  readonly ids: Readonly<Record<string, string>>;
  /** Field name → values that name something real. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
}

const csv = [
  'id,age,amount,label',
  ...Array.from({ length: 40 }, (_, at) => `r${at},${20 + at},${500 + at * 37},${at % 3 ? 'good' : 'bad'}`),
].join('\n');

/** The first administrator, by the secret that the platform would print. */
export async function firstAdministrator(app: INestApplicationContext, url: string): Promise<string> {
  const secret = await app.get(SetUp, { strict: false }).secretIfNeeded();
  const { token } = await sender(url, null)('POST', '/api/v1/setup', {
    secret,
    email: 'root@assay.example',
    name: 'Root',
    password: 'correct horse battery',
  });
  return token;
}

/** One of everything that a request can name, made over HTTP, so that calls get past "not found". */
export async function makeKnownThings(app: INestApplicationContext, url: string): Promise<KnownThings> {
  const token = await firstAdministrator(app, url);
  const send = sender(url, token);
  const mlflow = (path: string, body: Body): Promise<Answer> => send('POST', `/api/2.0/mlflow/${path}`, body);

  const me = await send('GET', '/api/v1/me');
  await send('PATCH', `/api/v1/people/${me.id}`, { roles });

  const { experiment_id: experiment } = await mlflow('experiments/create', { name: 'fuzz' });
  const { run } = await mlflow('runs/create', { experiment_id: experiment, start_time: 1 });
  const runId: string = run.info.run_id;
  const at = { timestamp: 1, step: 0 };
  await mlflow('runs/log-batch', {
    run_id: runId,
    metrics: [
      { key: 'loss', value: 1, ...at },
      { key: 'x', value: 'NaN', ...at },
    ],
    params: [{ key: 'p', value: '1' }],
    tags: [{ key: 't', value: 'v' }],
  });
  await send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${runId}/artifacts/model/model.json`, '{}');
  const traceId = 'tr-known';
  const trace = (path: string, body: Body): Promise<Answer> => send('POST', `/api/3.0/mlflow/traces${path}`, body);
  const trace_location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } };
  await trace('', { trace: { trace_info: { trace_id: traceId, trace_location, tags: { t: 'v' } } } });
  const { assessment } = await trace(`/${traceId}/assessments`, {
    assessment: { assessment_name: 'good', feedback: { value: true } },
  });
  const { issue } = await send('POST', '/api/3.0/mlflow/issues', {
    experiment_id: experiment,
    name: 'slow',
    description: 'It is slow.',
  });
  await send('POST', '/api/3.0/mlflow/scorers/register', {
    experiment_id: experiment,
    name: 'fuzz',
    serialized_scorer: '{}',
  });
  const { dataset: questions } = await send('POST', '/api/3.0/mlflow/datasets/create', { name: 'questions' });
  await send('POST', `/api/3.0/mlflow/datasets/${questions.dataset_id}/records`, { records: '[{"inputs": {"q": 1}}]' });
  const { model } = await mlflow('logged-models', { experiment_id: experiment, name: 'm', source_run_id: runId });
  const modelId: string = model.info.model_id;
  await mlflow('registered-models/create', { name: 'fuzzed' });
  await mlflow('model-versions/create', { name: 'fuzzed', source: `runs:/${runId}/model`, run_id: runId });
  await mlflow('registered-models/alias', { name: 'fuzzed', alias: 'champion', version: '1' });

  const dataset = await send(
    'POST',
    '/api/v1/datasets/fuzz-data/versions?target=label&sensitive=age&identifier=id',
    csv,
    'text/csv',
  );
  const job = await send('POST', '/api/v1/jobs', {
    recipe: 'tabular',
    inputs: { dataset: { name: 'fuzz-data', version: 1 } },
    params: { experiment: 'fuzz', target: 'label', positive: 'bad' },
  });
  const monitor = await send('POST', '/api/v1/monitors', {
    name: 'watch',
    model: 'fuzzed',
    reference: { name: 'fuzz-data', version: 1 },
    minimumRows: 20,
    exclude: ['id', 'label'],
  });
  const trigger = await send('POST', '/api/v1/triggers', {
    name: 'again',
    on: 'drift.alert.opened',
    monitor: monitor.id,
    job: { recipe: 'tabular', inputs: job.spec.inputs, params: job.spec.params },
  });
  const policy = await send('POST', '/api/v1/policies', {
    text: `policy: fuzz\nguards: { models: [fuzzed], pointers: [guarded] }\nevidence: { dataset: fuzz-data, digest: 'sha256:${dataset.digest}' }\ngates:\n  - { gate: metric-threshold, metric: auc, atLeast: 0.7 }\napprovals:\n  - { role: approver }\n`,
  });
  const change = await send('POST', '/api/v1/policies', {
    text: `policy: fuzz\nguards: { models: [fuzzed], pointers: [guarded] }\nevidence: { dataset: fuzz-data, digest: 'sha256:${dataset.digest}' }\ngates:\n  - { gate: metric-threshold, metric: auc, atLeast: 0.6 }\napprovals:\n  - { role: approver }\n`,
  });
  const promotion = await send('POST', '/api/v1/promotions', {
    moves: [{ model: 'fuzzed', pointer: 'guarded', version: '1' }],
    reason: 'fuzz',
  });
  await send('POST', '/api/v1/policies', {
    text: `policy: fuzz-emergency\nguards: { models: [fuzzed], pointers: [emergency] }\nevidence: { dataset: fuzz-data, digest: 'sha256:${dataset.digest}' }\ngates:\n  - { gate: metric-threshold, metric: auc, atLeast: 0.7 }\napprovals:\n  - { role: approver }\nbreakGlass: { role: admin, expiresAfter: 4h, review: { role: approver, within: 48h } }\n`,
  });
  const broken = await send('POST', '/api/v1/break-glass', {
    model: 'fuzzed',
    pointer: 'emergency',
    version: '1',
    expectedHolder: null,
    reason: 'fuzz',
    credential: { password: 'correct horse battery' },
  });
  const person = await send('POST', '/api/v1/people', {
    email: 'other@assay.example',
    name: 'Other',
    password: 'correct horse battery',
    roles: ['viewer'],
  });
  const spare = await send('POST', '/api/v1/tokens', { name: 'spare' });
  const account = await send('POST', '/api/v1/service-accounts', { name: 'nightly', roles: ['viewer'] });
  const grant = await send('POST', '/api/v1/model-grants', {
    subjectKind: 'role',
    subject: 'viewer',
    pattern: 'hidden-*',
    permissions: ['registry:read'],
    effect: 'deny',
  });
  const hold = await send('POST', '/api/v1/legal-holds', {
    kind: 'dataset',
    subject: 'fuzz-data',
    reason: 'a dispute',
  });
  const webhook = await send('POST', '/api/v1/webhooks', {
    name: 'hook',
    url: 'http://127.0.0.1:9/hook',
    events: ['model_version.created'],
    status: 'DISABLED',
  });
  const { records } = await send('GET', '/api/v1/audit/records?limit=5');

  return {
    token,
    running: await runningJob(app, send),
    protectedIds: [me.id, me.tokenId],
    ids: {
      jobs: job.id,
      monitors: monitor.id,
      triggers: trigger.id,
      promotions: promotion.id,
      policies: change.proposalId,
      'break-glass': broken.id,
      people: person.id,
      tokens: spare.id,
      webhooks: webhook.id,
      'legal-holds': hold.id,
      'service-accounts': account.id,
      'model-grants': grant.id,
      audit: records[0].id,
    },
    values: {
      name: ['fuzzed', 'fuzz-data', policy.name, 'fuzz'],
      model: ['fuzzed'],
      model_name: ['fuzzed'],
      pointer: ['guarded', 'champion'],
      alias: ['champion', 'guarded'],
      environment: ['production'],
      environments: [
        [
          { name: 'dev', aliases: [] },
          { name: 'production', aliases: ['champion'] },
        ],
      ],
      moves: [[{ model: 'fuzzed', alias: 'champion', version: '1', expected: '1' }]],
      version: ['1', 1, '2'],
      run_id: [runId],
      run_uuid: [runId],
      source_run_id: [runId],
      model_id: [modelId],
      trace_id: [traceId],
      request_id: [traceId],
      issue_id: [issue.issue_id],
      dataset_id: [questions.dataset_id],
      records: ['[{"inputs": {"q": 2}}]'],
      trace_ids: [traceId],
      assessment_id: [assessment.assessment_id],
      update_mask: ['feedback'],
      experiment_id: [experiment, '0'],
      experiment_ids: [experiment],
      key: ['loss', 'p', 't'],
      metric_key: ['loss', 'x'],
      tag_key: ['t'],
      path: [`${experiment}/${runId}/artifacts/model/model.json`, 'model', 'model/model.json'],
      artifact_directory_path: ['model'],
      artifact_file_path: ['model/model.json'],
      source: [`runs:/${runId}/model`, `models:/${modelId}`],
      monitor: [monitor.id],
      webhook_id: [webhook.id],
      url: ['http://127.0.0.1:9/hook'],
      entity: ['MODEL_VERSION'],
      action: ['CREATED'],
      dataset: [],
      id: [
        job.id,
        monitor.id,
        trigger.id,
        promotion.id,
        person.id,
        ...records.map((record: { id: string }) => record.id),
      ],
      predictions: [
        {
          id: 'p1',
          model: 'fuzzed',
          version: '1',
          at: '2026-01-05T00:00:00Z',
          features: { age: 30, amount: 900 },
          score: 0.4,
        },
      ],
      personId: [person.id],
      workspace: ['default'],
      username: ['other@assay.example'],
      epoch: [0, 1],
    },
  };
}

/** Hands the only slot to a job, as the scheduler does, and stands in for its worker. */
async function runningJob(
  app: INestApplicationContext,
  send: ReturnType<typeof sender>,
): Promise<KnownThings['running']> {
  await send('POST', '/api/v1/jobs', {
    recipe: 'evaluate',
    inputs: { model: { name: 'fuzzed', version: '1' }, dataset: { name: 'fuzz-data', version: 1 } },
    params: { experiment: 'fuzz' },
    priority: 100,
  });
  const admit = app.get(AdmitJobs, { strict: false });
  await admit.execute();
  const [admitted] = await admit.admitted();
  const begun = admitted ? await admit.begin(admitted) : null;
  if (!begun) throw new Error('the job was not admitted');
  return { id: begun.id, epoch: begun.epoch, token: await app.get(AttemptTokens, { strict: false }).issue(begun) };
}

function sender(url: string, token: string | null) {
  return (method: string, path: string, body?: Body | string, type?: string): Promise<Answer> =>
    told(url, method, path, { token, body, type });
}
