import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { migrate } from '@assay/migrations';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@assay/platform/database';
import { seededRandom } from '@assay/pure/ml';
import { testPasswords } from '@assay/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FixedAddress } from './log-storm/fixed-address.js';
import { Journal } from './log-storm/journal.js';
import { differences } from './log-storm/read-back.js';
import { RegistryProcess } from './log-storm/registry-process.js';
import { StormApi } from './log-storm/storm-api.js';
import { StormClient, makeRun } from './log-storm/storm-client.js';
import { killNow, processTree } from './process-tree.js';
import { governedRows, readRecords, unrecorded } from './unrecorded-rows.js';

/** `npm run test:faults` asks for more; a plain test run makes do with 4. */
const kills = Number(process.env['ASSAY_TEST_KILLS'] ?? 4);
const postgresKills = Math.max(1, Math.floor(kills / 4));
const seed = Number(process.env['ASSAY_TEST_SEED'] ?? 20_261_122);
const clientCount = 32;
const [fewestCalls, mostCalls] = [40, 400];

describe('32 clients that log', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let registry: RegistryProcess;
  const address = { current: new FixedAddress() };

  beforeEach(async () => {
    folder = mkdtempSync(join('/var/tmp', 'assay-log-storm-'));
    // As root Postgres runs as another user: what it can't reach is kept elsewhere, and would be left behind.
    chmodSync(folder, 0o711);
    postgres = await startEmbeddedPostgres({ dataDir: folder });
    await migrate(postgres.url, testPasswords);
    address.current = new FixedAddress();
    const port = await address.current.listen();
    address.current.leadTo(Number(new URL(postgres.url).port));
    const login = new URL(postgres.url);
    login.username = 'registry_svc';
    login.password = testPasswords.registry;
    login.port = String(port);
    registry = await RegistryProcess.at(login.href, join(folder, 'registry'));
    await registry.start();
  });
  afterEach(async () => {
    await registry.kill();
    await address.current.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`lose nothing and find nothing twice when the server is killed ${kills} times`, async () => {
    const { api } = await storm(registry.url, async (someCalls) => {
      for (let killed = 0; killed < kills; killed += 1) {
        await someCalls();
        await registry.kill();
        await registry.start();
      }
      await someCalls();
    });
    expect(api.lostAnswers, 'the kills hit requests under way').toBeGreaterThan(0);
    expect([...api.failures], 'a server that lives fails no request').toEqual([]);
    await expectRecorded();
  });

  it(`lose nothing and find nothing twice when Postgres is killed ${postgresKills} times`, async () => {
    await storm(registry.url, async (someCalls) => {
      for (let killed = 0; killed < postgresKills; killed += 1) {
        await someCalls();
        killNow(processTree(postgres.pid));
        postgres = await startEmbeddedPostgres({ dataDir: folder });
        address.current.leadTo(Number(new URL(postgres.url).port));
      }
      await someCalls();
      expect(registry.running, registry.output).toBe(true);
    });
    await expectRecorded();
  });

  /** Lets the clients log while `disturb` goes on, then reads everything back and compares. */
  async function storm(
    url: string,
    disturb: (someCalls: () => Promise<void>) => Promise<void>,
  ): Promise<{ api: StormApi }> {
    let over = false;
    const random = seededRandom(seed);
    const api = new StormApi(url);
    /** Ends when a random number of further calls were acknowledged. */
    const someCalls = async (): Promise<void> => {
      const enough = api.acknowledged + fewestCalls + random.next() * (mostCalls - fewestCalls);
      while (api.acknowledged < enough && !over) await wait(5);
    };
    const journal = new Journal();
    const made = z.object({ experiment_id: z.string() });
    const { answer } = await api.post('experiments/create', { name: 'storm' }, made);
    const models = ['storm a', 'storm b', 'storm c'];
    for (const name of models) await api.post('registered-models/create', { name }, z.looseObject({}));
    const place = { api, journal, models, experiment: answer.experiment_id };
    const scene = { ...place, shared: await makeRun(place) };
    const clients = Array.from({ length: clientCount }, (_, index) =>
      new StormClient(index, scene, seededRandom(seed + 1 + index)).logUntil(() => over),
    );
    const end = (): boolean => (over = true); // also where a client fails: the test then ends with its reason
    const logging = Promise.all(clients).finally(end);
    await Promise.all([logging, disturb(someCalls).finally(end)]);
    auditIds = journal.auditIds;
    process.stdout.write(
      `${api.acknowledged} acknowledged calls, ${journal.pointCount} points in ${journal.runs.length} runs, ` +
        `${journal.loggedModels.length} logged models, ${[...journal.versions.values()].reduce((sum, { size }) => sum + size, 0)} versions; ` +
        `${api.lostAnswers} answers lost, failures ${JSON.stringify([...api.failures])} (seed ${seed})\n`,
    );
    expect(await differences(api, journal, place.experiment)).toEqual([]);
    return { api };
  }

  let auditIds: readonly string[] = [];
  /** Every governed row has its audit record, and every record that a client was told of is there. */
  async function expectRecorded(): Promise<void> {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    try {
      const query = async (sql: string): Promise<Record<string, unknown>[]> => (await client.query(sql)).rows;
      const records = await readRecords(query);
      expect(auditIds.length).toBeGreaterThan(0);
      expect(auditIds.filter((id) => !records.ids.has(id))).toEqual([]);
      expect(unrecorded(await governedRows(query), records)).toEqual([]);
    } finally {
      await client.end();
    }
  }
});
