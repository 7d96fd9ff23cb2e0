import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepSealKey, seal, unseal } from './seal.js';

describe('seal', () => {
  const key = randomBytes(32);
  const sealed = seal(key, Buffer.from('a name'), 'record 1');

  it('opens with the same key and place only', () => {
    expect(unseal(key, sealed, 'record 1').toString()).toBe('a name');
    expect(() => unseal(randomBytes(32), sealed, 'record 1')).toThrow('unable to authenticate data');
    expect(() => unseal(key, sealed, 'record 2')).toThrow('unable to authenticate data');
    expect(() =>
      unseal(
        key,
        sealed.map((byte, i) => (i === 13 ? byte ^ 1 : byte)),
        'record 1',
      ),
    ).toThrow('unable to authenticate data');
  });

  it('gives the same value another look each time', () => {
    expect(seal(key, Buffer.from('a name'), 'record 1')).not.toEqual(sealed);
  });
});

describe('keepSealKey', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-seal-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes a key that nobody else reads, and gives the same again', () => {
    const file = join(folder, 'keys', 'a.key');
    const key = keepSealKey(file);
    expect(key).toHaveLength(32);
    expect(keepSealKey(file)).toEqual(key);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('refuses a file that holds something else', () => {
    writeFileSync(join(folder, 'short'), 'abcd');
    expect(() => keepSealKey(join(folder, 'short'))).toThrow('no key of 32 bytes');
  });
});
