import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { saltValues } from './salted-values.js';

describe('saltValues', () => {
  it('digests salt and value together, with a salt of its own each time', () => {
    const { salted, digests } = saltValues({ reason: 'because' });
    const salt = Buffer.from(salted['reason']?.salt ?? '', 'hex');
    expect(salt).toHaveLength(16);
    expect(digests['reason']).toBe(`sha256:${createHash('sha256').update(salt).update('because').digest('hex')}`);
    expect(saltValues({ reason: 'because' }).digests).not.toEqual(digests);
  });
});
