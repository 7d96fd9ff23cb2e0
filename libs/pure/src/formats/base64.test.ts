import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from './base64.js';

describe('base64 and hex', () => {
  it('agree with the platform and decode what they encode', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
        expect(encodeHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(decodeHex(encodeHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it('encodes more bytes than a call takes arguments', () => {
    const bytes = new Uint8Array(200_000).fill(7);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });

  it.each(['A', 'AA', 'AAA', 'AA-_', 'AA==\n', 'AB==', 'A===', ' AAAA'])('refuses the base64 text %j', (text) => {
    expect(decodeBase64(text)).toBeNull();
  });

  it.each(['0', '0G', 'AA', '0x00'])('refuses the hexadecimal text %j', (text) => {
    expect(decodeHex(text)).toBeNull();
  });
});
