import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Clock } from '../database/index.js';
import { FileBlobStore } from './file-blob-store.js';
import { UnfinishedSweep } from './unfinished-sweep.js';

describe('UnfinishedSweep', () => {
  it('removes uploads that were cut off more than a day ago, and leaves those that may still run', async () => {
    const root = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
    onTestFinished(async () => rm(root, { recursive: true }));
    const store = await FileBlobStore.open(root);
    const now = new Date('2024-05-03T12:00:00Z');
    for (const [name, at] of [
      ['abandoned', '2024-05-02T11:00:00Z'],
      ['running', '2024-05-03T11:00:00Z'],
    ] as const) {
      await writeFile(join(root, 'unfinished', name), 'half');
      await utimes(join(root, 'unfinished', name), new Date(at), new Date(at));
    }
    const clock = new (class extends Clock {
      override now(): Date {
        return now;
      }
    })();
    expect(await new UnfinishedSweep(store, clock).sweep()).toBe(1);
    expect(await readdir(join(root, 'unfinished'))).toEqual(['running']);
  });

  it('does not stop the platform when the store is gone', async () => {
    Logger.overrideLogger(false);
    const root = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
    const store = await FileBlobStore.open(root);
    await rm(root, { recursive: true });
    expect(await new UnfinishedSweep(store, new Clock()).sweep()).toBe(0);
  });
});
