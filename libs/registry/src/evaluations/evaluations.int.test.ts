import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { JobTokens } from '@assay/platform/auth';
import { Clock, type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { encodeScoreTable } from '@assay/pure/formats';
import { SealedFiles } from '@assay/registry-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { TrackedFiles } from '../model-versions/tracked-files.builder.js';
import { type NamedVersion, PromotionWorld } from '../promotions/promotion-world.builder.js';
import { RegistryModule } from '../registry.module.js';
import { anEvaluation } from './evaluation.builder.js';
import { ReadScores } from './read-scores.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const world = new PromotionWorld(database.query);
const tracked = new TrackedFiles(database, platform);
const path = 'scores/1.scores';
const table = {
  labels: Uint8Array.from({ length: 150 }, (_, row) => row % 2),
  scores: Float64Array.from({ length: 150 }, (_, row) => row / 150),
  groups: [{ column: 'sex', values: ['f', 'm'], codes: Uint8Array.from({ length: 150 }, (_, row) => row % 2) }],
};
const credit = { name: 'credit', version: '1' };
let jobs = 0;

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const eve = await world.person('eve', ['contributor']);
  await world.dataset('holdout', 'd'.repeat(64));
  await world.version(await world.model('credit'), 1, { registered: eve.id, trained: eve.id });
});

async function report(
  runId: string | null,
  scores: { path: string; digest: string },
  { model = credit, asked = credit, onData = 1 }: { model?: NamedVersion; asked?: NamedVersion; onData?: number } = {},
) {
  jobs += 1;
  const jobId = `evaluation-job-${jobs}`;
  await world.runningEvaluation(jobId, asked);
  const claims = { jobId, epoch: 1, runId, recipe: 'evaluate', onBehalfOf: 'eve', workspace: 'default' };
  const token = await platform.get(JobTokens).issue(claims, platform.get(Clock).now());
  const { facts } = anEvaluation(
    { version: 1 },
    { model, dataset: { name: 'holdout', version: onData, digest: 'd'.repeat(64) } },
  );
  const { status, body } = await platform.call(
    'POST',
    '/api/v1/evaluations',
    { ...facts, scores: { ...scores, rows: 150 } },
    token,
  );
  return { status, record: anEvaluation({ id: body.id, runId }, { ...facts, scores: { ...scores, rows: 150 } }) };
}

describe('an evaluation', () => {
  it('counts for the files that were evaluated, whatever bears their name by now', async () => {
    const run = await tracked.run();
    const scores = { path, digest: await tracked.file('run', run, path, 'anything') };
    const { facts } = anEvaluation(
      { version: 1 },
      { model: { name: 'credit', version: '1', manifest: 'b'.repeat(64) } },
    );
    expect(await report(run, scores, { model: facts.model })).toMatchObject({ status: 400 });
    expect((await report(run, scores)).status).toBe(201);
  });

  it('is of the version and the data that its job was asked to measure', async () => {
    const run = await tracked.run();
    const scores = { path, digest: await tracked.file('run', run, path, 'anything') };
    for (const asked of [
      { name: 'credit', version: '2' },
      { name: 'other', version: '1' },
    ])
      expect(await report(run, scores, { asked })).toMatchObject({ status: 403 });
    expect(await report(run, scores, { onData: 2 })).toMatchObject({ status: 403 });
    expect(await report(run, scores)).toMatchObject({ status: 201 });
  });
});

describe('the scores of an evaluation', () => {
  it('must lie where the report says, with the digest that it names', async () => {
    const run = await tracked.run();
    const digest = await tracked.file('run', run, path, 'anything');
    expect((await report(run, { path, digest: 'e'.repeat(64) })).status).toBe(400);
    expect((await report(run, { path: 'scores', digest })).status).toBe(400);
    expect((await report(run, { path: 'scores/2.scores', digest })).status).toBe(400);
    expect((await report('nobody', { path, digest })).status).toBe(400);
    expect((await report(run, { path, digest })).status).toBe(201);
  });

  it('are sealed by the report: that file, what would lie below it, and the folders above', async () => {
    const run = await tracked.run();
    const db = platform.get<Database>(databaseToken('registry'));
    const sealed = (file: string) =>
      db.read((tx) => new SealedFiles().covers(tx, { kind: 'run', id: run, path: file }));
    const digest = await tracked.file('run', run, path, 'anything');
    expect(await sealed(path)).toBeNull();
    const { record } = await report(run, { path, digest });
    for (const file of [path, `${path}/x`, 'scores', ''])
      expect(await sealed(file)).toEqual({ model: 'credit', version: 1, evaluation: record.id });
    for (const file of ['scores/2.scores', 'report.json', 'scores/1.scores2']) expect(await sealed(file)).toBeNull();
  });

  it('are read back as they were kept, and not at all where the file is another or none', async () => {
    const run = await tracked.run();
    const digest = await tracked.file('run', run, path, encodeScoreTable(table));
    const { record } = await report(run, { path, digest });
    const read = platform.get(ReadScores);
    expect(await read.execute(record)).toEqual(table);
    expect(await read.execute({ ...record, runId: null })).toBeNull();
    expect(
      await read.execute({ ...record, facts: { ...record.facts, scores: { ...record.facts.scores, rows: 149 } } }),
    ).toBeNull();
    await database.query(
      `update tracking.file set blob_key = (select blob_key from tracking.file where sha256 <> $1 limit 1) where owner_id = $2`,
      [digest, run],
    );
    expect(await read.execute(record)).toBeNull();
    await database.query(`update tracking.file set sha256 = repeat('0', 64) where owner_id = $1`, [run]);
    expect(await read.execute(record)).toBeNull();
  });
});
