import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepSecret } from './secret-file.js';

describe('keepSecret', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a secret once, readable by its owner only, and leaves nothing beside it', () => {
    const file = join(folder, 'keys', 'secret');
    expect(keepSecret(file, () => 'first')).toBe('first');
    expect(keepSecret(file, () => 'second')).toBe('first');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['secret']);
  });

  it('lets the first of two makers win', () => {
    const file = join(folder, 'secret');
    const second = keepSecret(file, () => {
      keepSecret(file, () => 'first');
      return 'second';
    });
    expect(second).toBe('first');
  });
});
