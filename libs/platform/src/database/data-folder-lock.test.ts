import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderError, lockDataFolder } from './data-folder-lock.js';

describe('lockDataFolder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('refuses a folder that a living process holds, naming the process', () => {
    lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow(`is in use by process ${process.pid}`);
  });

  it('can be taken again once given back', () => {
    lockDataFolder(folder)();
    expect(() => lockDataFolder(folder)).not.toThrow();
  });

  it.each([
    ['has ended', JSON.stringify({ pid: 2 ** 22 - 1, startTime: '1' })],
    ['has the pid of a later process', JSON.stringify({ pid: process.pid, startTime: '1' })],
    ['was killed while writing', '{"pid": 12'],
  ])('takes over the lock of a process that %s', (_, left) => {
    writeFileSync(join(folder, 'lock.json'), left);
    expect(() => lockDataFolder(folder)).not.toThrow();
  });

  it('leaves nothing but the lock, and nothing once given back', () => {
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: 2 ** 22 - 1, startTime: '1' }));
    const giveBack = lockDataFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock.json']);
    giveBack();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says in one sentence when the folder cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => lockDataFolder(join(folder, 'file', 'data'))).toThrow(DataFolderError);
  });
});
