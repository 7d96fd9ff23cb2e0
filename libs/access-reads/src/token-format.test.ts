import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatToken, hashSecret, newTokenParts, parseToken, randomBase62, secretMatches } from './token-format.js';

const base62 = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
    minLength: length,
    maxLength: length,
  });

describe('a token', () => {
  it('reads back as it was formatted', () => {
    fc.assert(
      fc.property(base62(16), base62(32), (id, secret) => {
        expect(parseToken(formatToken({ id, secret }))).toEqual({ id, secret });
      }),
    );
  });

  it('is refused when any one character is changed', () => {
    const token = formatToken(newTokenParts());
    for (let at = 0; at < token.length; at += 1) {
      const other = token.charAt(at) === 'x' ? 'y' : 'x';
      expect(parseToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
  });

  it('is nothing else than its own shape', () => {
    const token = formatToken(newTokenParts());
    for (const text of [
      '',
      'assay_',
      token.slice(0, -1),
      `${token}0`,
      ` ${token}`,
      `${token}\n`,
      token.replace('assay', 'ASSAY'),
    ]) {
      expect(parseToken(text)).toBeNull();
    }
  });

  it('carries at least 190 random bits, never twice the same', () => {
    const seen = new Set(Array.from({ length: 500 }, () => formatToken(newTokenParts())));
    expect(seen.size).toBe(500);
  });

  it('draws each letter equally often', () => {
    const counts = new Map<string, number>();
    for (const letter of randomBase62(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    // Chi-squared with 61 degrees of freedom: 130 is exceeded by chance less than once in a million draws.
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(62);
    expect(chi2).toBeLessThan(130);
  });
});

describe('a secret', () => {
  it('matches its own hash only', () => {
    expect(secretMatches('abc', hashSecret('abc'))).toBe(true);
    expect(secretMatches('abd', hashSecret('abc'))).toBe(false);
    expect(secretMatches('abc', '')).toBe(false);
  });

  it('is stored as plain SHA-256', () => {
    // FIPS 180-2, appendix B.1.
    expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
