import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { saltValues, seal, unseal } from './detail-cipher.js';

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

describe('saltValues', () => {
  it('digests salt and value together, with a salt of its own each time', () => {
    const { salted, digests } = saltValues({ reason: 'because' });
    const salt = Buffer.from(salted['reason']?.salt ?? '', 'hex');
    expect(salt).toHaveLength(16);
    expect(digests['reason']).toBe(`sha256:${createHash('sha256').update(salt).update('because').digest('hex')}`);
    expect(saltValues({ reason: 'because' }).digests).not.toEqual(digests);
  });
});
