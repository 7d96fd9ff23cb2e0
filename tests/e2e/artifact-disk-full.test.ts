import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const store = resolve(import.meta.dirname, '../../libs/platform/dist/artifacts/file-blob-store.js');

/** Writes more than the process may, then something small, and prints what happened. */
const script = `
import { Readable } from 'node:stream';
const { FileBlobStore } = await import(process.argv[1]);
const store = await FileBlobStore.open(process.argv[2]);
const pieces = (count) => Readable.from((function* () { for (let n = 0; n < count; n += 1) yield Buffer.alloc(10_000, n); })());
let refusal = null;
try { await store.put('larger-than-the-space', pieces(400)); } catch (error) { refusal = { code: error.code, detail: error.detail }; }
const left = await store.stat('larger-than-the-space');
const small = await store.put('small-enough', pieces(1));
process.stdout.write(JSON.stringify({ refusal, left: left ?? null, small: small.size }));
`;

it('says that the store is full, keeps nothing of the upload, and takes the next that fits', () => {
  const folder = mkdtempSync(join('/var/tmp', 'assay-full-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // A limit on the size of a file meets `write` the same way as a full disk, and needs no rights.
  const run = spawnSync(
    'sh',
    ['-c', 'ulimit -f 1000 && exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script, store, folder],
    { encoding: 'utf8' },
  );
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({
    refusal: {
      code: 'INSUFFICIENT_STORAGE',
      detail: 'The disk of the artifact store is full: free some space and try again.',
    },
    left: null,
    small: 10_000,
  });
  expect(readdirSync(join(folder, 'unfinished'))).toEqual([]);
});
