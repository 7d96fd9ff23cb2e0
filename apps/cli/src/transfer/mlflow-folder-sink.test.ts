import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MlflowFolderSink } from './mlflow-folder-sink.js';
import { Tally } from './report.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-folder-sink-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const experiment = (experiment_id: string) => ({
  kind: 'experiment' as const,
  experiment: {
    experiment_id,
    name: 'e',
    lifecycle_stage: 'active' as const,
    creation_time: 1,
    last_update_time: 1,
    tags: [{ key: 'team', value: 'risk' }],
  },
});

it('writes an experiment below the folder that appears at the end', async () => {
  const sink = new MlflowFolderSink(join(folder, 'export'), new Tally('here'));
  await sink.begin();
  await sink.take(experiment('7'));
  expect(await readdir(folder)).toEqual(['export.unfinished']);
  await sink.close();
  expect(await readdir(join(folder, 'export', 'mlruns', '7'))).toEqual(['meta.yaml', 'tags']);
});

it.each(['../../outside', '..', '/outside', '7/../../../outside', ''])(
  'takes no id that leads out of its folder: "%s"',
  async (id) => {
    const sink = new MlflowFolderSink(join(folder, 'export'), new Tally('here'));
    await sink.begin();
    await expect(sink.take(experiment(id))).rejects.toThrow('an id that is none');
    await sink.abandon();
    expect(await readdir(folder)).toEqual([]);
  },
);
