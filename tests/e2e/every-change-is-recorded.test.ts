import { acrossWorkspaces } from '@assay/platform/database';
import { testDatabase } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { governedRows, readRecords, unrecorded } from '../faults/unrecorded-rows.js';
import { ChangeProbe } from './recorded/change-probe.js';
import { storyOfDrift } from './recorded/story-of-drift.js';
import { storyOfEvaluation } from './recorded/story-of-evaluation.js';
import { storyOfImports } from './recorded/story-of-imports.js';
import { storyOfJobs } from './recorded/story-of-jobs.js';
import { storyOfPeople } from './recorded/story-of-people.js';
import { storyOfPolicies } from './recorded/story-of-policies.js';
import { storyOfPromotions } from './recorded/story-of-promotions.js';
import { storyOfRegistry } from './recorded/story-of-registry.js';
import { storyOfSignIns } from './recorded/story-of-sign-ins.js';
import { storyOfTraces } from './recorded/story-of-traces.js';
import { storyOfTracking } from './recorded/story-of-tracking.js';
import { storyOfWebhooks } from './recorded/story-of-webhooks.js';
import { declaredRoutesOf, endpointsOf, mayChange, type Route, routerRoutes } from './routed.js';
import { wholePlatform } from './whole-platform.js';

/** Searches whose question is too long for an address. */
const reads: readonly Route[] = [
  'POST /api/v1/policies/:name/dry-run',
  'POST /api/2.0/mlflow/experiments/search',
  'POST /api/2.0/mlflow/experiments/search-datasets',
  'POST /api/2.0/mlflow/runs/search',
  'POST /api/2.0/mlflow/logged-models/search',
  'POST /api/2.0/mlflow/registered-models/get-latest-versions',
  'POST /api/3.0/mlflow/traces/search',
  'POST /api/3.0/mlflow/traces/batchGetInfos',
  'POST /api/3.0/mlflow/traces/calculate-filter-correlation',
  'POST /api/3.0/mlflow/traces/metrics',
  'POST /graphql',
  'POST /api/3.0/mlflow/issues/search',
  'POST /api/3.0/mlflow/datasets/search',
];

/** What is logged in bulk while something runs: sealed by the record of the version, or of the job's end, that rests on it. */
const telemetry: readonly Route[] = [
  'POST /api/2.0/mlflow/runs/log-batch',
  'POST /api/2.0/mlflow/runs/log-metric',
  'POST /api/2.0/mlflow/runs/log-parameter',
  'POST /api/2.0/mlflow/runs/log-inputs',
  'POST /api/2.0/mlflow/runs/log-model',
  'POST /api/2.0/mlflow/runs/outputs',
  'POST /api/2.0/mlflow/runs/set-tag',
  'POST /api/2.0/mlflow/runs/delete-tag',
  'PUT /api/2.0/mlflow-artifacts/artifacts/*',
  'DELETE /api/2.0/mlflow-artifacts/artifacts/*',
  'POST /api/2.0/mlflow/upload-artifact',
  'POST /api/2.0/mlflow/logged-models/:model_id/params',
  'PATCH /api/2.0/mlflow/logged-models/:model_id/tags',
  'DELETE /api/2.0/mlflow/logged-models/:model_id/tags/:tag_key',
  'POST /api/v1/jobs/:id/attempts/:epoch/heartbeat',
  'POST /v1/traces',
  'POST /api/3.0/mlflow/traces',
  'POST /api/2.0/mlflow/traces',
  'PATCH /api/2.0/mlflow/traces/:trace_id',
  'PATCH /api/3.0/mlflow/traces/:trace_id/tags',
  'DELETE /api/3.0/mlflow/traces/:trace_id/tags',
  'POST /api/3.0/mlflow/traces/delete-traces',
  'PATCH /api/2.0/mlflow/traces/:trace_id/tags',
  'DELETE /api/2.0/mlflow/traces/:trace_id/tags',
  'POST /api/2.0/mlflow/traces/delete-traces',
  'POST /api/2.0/mlflow/traces/link-to-run',
  'POST /api/2.0/mlflow/traces/link-prompts',
  'POST /api/3.0/mlflow/traces/:trace_id/assessments',
  'PATCH /api/3.0/mlflow/traces/:trace_id/assessments/:assessment_id',
  'DELETE /api/3.0/mlflow/traces/:trace_id/assessments/:assessment_id',
];

/** What is spent within minutes, and recorded without a governed row. */
const spent: readonly Route[] = ['POST /api/v1/oidc/proofs'];

/** What needs an S3 store, which this platform has not: telemetry as well, and changed by its own tests. */
const onS3: readonly Route[] = [
  'POST /api/2.0/mlflow-artifacts/mpu/create/*',
  'POST /api/2.0/mlflow-artifacts/mpu/complete/*',
  'POST /api/2.0/mlflow-artifacts/mpu/abort/*',
];

/** What goes out again or for a try: the webhook itself, which is governed, stays as it is. */
const sent: readonly Route[] = [
  'POST /api/2.0/mlflow/webhooks/:webhook_id/test',
  'POST /api/v1/webhooks/:id/test',
  'POST /api/v1/webhooks/:id/deliveries/:delivery/replay',
];

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('with an audit client that drops its records, no route changes anything', () => {
  const database = testDatabase();
  const platform = wholePlatform(
    database,
    {
      ASSAY_LOG_LEVEL: 'fatal',
      ASSAY_RUNNER_LEASE_SECONDS: '600',
      ASSAY_RUNNER_SLOTS: '4',
      ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1',
    },
    { workers: false },
  );
  let probe: ChangeProbe;

  beforeAll(async () => {
    probe = new ChangeProbe(database, platform.app, platform.url);
    const cast = await storyOfPeople(probe, platform.app);
    await storyOfSignIns(probe, database, cast.ids.eve);
    const tracked = await storyOfTracking(probe);
    await storyOfTraces(probe, tracked);
    await storyOfEvaluation(probe, tracked);
    const registered = await storyOfRegistry(probe, tracked);
    await storyOfJobs(probe, platform.app, tracked, registered);
    await storyOfPolicies(probe, registered);
    await storyOfPromotions(probe, platform.app, cast, registered);
    await storyOfDrift(probe, registered);
    await storyOfWebhooks(probe, database);
    await storyOfImports(probe);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('neither a governed row, nor anything else of a request that is refused for it', () => {
    expect(probe.faults).toEqual([]);
    expect(probe.droppedAlone).toBeGreaterThan(5);
  });

  it('for every state-changing route that the router has', () => {
    const elsewhere = onS3.flatMap((route) => [route, route.replace('/api/', '/ajax-api/')]);
    const routes = endpointsOf(platform.app)
      .filter((endpoint) => mayChange(endpoint.method))
      .flatMap(declaredRoutesOf)
      .filter((route) => !elsewhere.includes(route));
    expect(routes.length).toBeGreaterThan(70);
    expect(routes.filter((route) => !probe.done.has(route))).toEqual([]);
    const unasked = routerRoutes(platform.app).filter((route) => mayChange(route) && !probe.asked.has(route));
    expect(unasked.filter((route) => !elsewhere.includes(route))).toEqual([]);
    // Each of the others did change something when its records were kept.
    const unchanging = routes.filter((route) => !probe.changing.has(route));
    expect(unchanging.toSorted()).toEqual([...reads, ...telemetry, ...sent, ...spent].toSorted());
  });

  it('and with its records kept, each change has them in the log, and each governed row has one that names it', async () => {
    expect(probe.auditIds.length).toBeGreaterThan(80);
    const waiting = async (): Promise<unknown> =>
      (await database.query('select count(*)::int as waiting from audit.inbox'))[0]?.['waiting'];
    await expect.poll(waiting).toBe(0);
    const records = await readRecords(database.query);
    expect(probe.auditIds.filter((id) => !records.ids.has(id))).toEqual([]);
    expect(records.gaps).toBe(0);
    const rows = await governedRows(database.query);
    expect(rows.size).toBeGreaterThan(60);
    expect(unrecorded(rows, records)).toEqual([]);
  });

  it('and a table that has lost its trigger is noticed', async () => {
    const [trigger] = await database.query(
      "select tgname from pg_trigger where tgrelid = 'registry.registered_model_tag'::regclass and tgname like 'zz_audited%' and tgname like '%rows'",
    );
    await database.query(`drop trigger ${String(trigger?.['tgname'])} on registry.registered_model_tag`);
    await probe.send({
      route: 'POST /api/2.0/mlflow/registered-models/set-tag',
      as: 'eve',
      body: { name: 'credit-risk', key: 'unseen', value: 'yes' },
    });
    expect(probe.faults).toEqual([
      expect.stringMatching(/set-tag: changed \["registry.registered_model_tag",.*though its records were dropped/),
      expect.stringMatching(/set-tag: answered 200 though its records were dropped/),
    ]);
    await database.query(
      "insert into registry.registered_model_tag select id, 'smuggled', 'yes' from registry.registered_model where name = 'credit-risk'",
    );
    const rows = await governedRows(database.query);
    expect(unrecorded(rows, await readRecords(database.query))).toEqual([expect.stringContaining('smuggled')]);
  });
});
