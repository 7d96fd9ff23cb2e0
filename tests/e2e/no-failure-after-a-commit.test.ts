import { Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { requestContext } from '@assay/platform/telemetry';
import { testDatabase } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CommitFuse } from './recorded/commit-fuse.js';
import { CommitProbe } from './recorded/commit-probe.js';
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
import { wholePlatform } from './whole-platform.js';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

/** A client repeats what was answered by 5xx, and MLflow's wire can't tell a repeated creation from a second one. */
describe('with a database and a file store that are gone once a request has committed', () => {
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
  const fuse = new CommitFuse();
  let probe: CommitProbe;

  beforeAll(() => {
    probe = new CommitProbe(platform.app, platform.url, fuse);
    fuse.install(platform.app);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('no state-changing route fails', async () => {
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
    expect(probe.failures).toEqual([]);
    // That the stories ask every route is seen to by every-change-is-recorded.test.ts.
    expect(probe.done.size).toBeGreaterThan(80);
    expect(fuse.blown).toBeGreaterThan(100);
  });

  it('and a request that asks for anything after its commit would fail', async () => {
    const registry: Database = platform.app.get(databaseToken('registry'), { strict: false });
    const context = { requestId: 'r', sourceAddress: '127.0.0.1', auditIds: [], workspace: 'default' };
    const asksAfterwards = requestContext.run(context, async () => {
      await registry.transaction((tx) => tx.query('select pg_current_xact_id()'));
      await registry.read((tx) => tx.query('select 1'));
    });
    await expect(asksAfterwards).rejects.toThrow('Connection terminated');
  });
});
