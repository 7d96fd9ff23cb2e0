import { describe, expect, it } from 'vitest';
import { canonicalManifest } from './manifest.js';

const a = { path: 'data/weights.bin', size: 12, sha256: 'a'.repeat(64) };
const b = { path: 'MLmodel', size: 3, sha256: 'b'.repeat(64) };

describe('canonicalManifest', () => {
  it('does not depend on the order in which files came', () => {
    expect(canonicalManifest([a, b])).toBe(canonicalManifest([b, a]));
  });

  it('has one fixed form', () => {
    expect(canonicalManifest([a, b])).toBe(
      `{"files":[{"path":"MLmodel","sha256":"${'b'.repeat(64)}","size":3},{"path":"data/weights.bin","sha256":"${'a'.repeat(64)}","size":12}],"type":"assay.manifest.v1"}`,
    );
  });

  it('sorts by code point, so U+FF5E comes before an emoji', () => {
    const names = ['😀', '～'].map((path) => ({ ...a, path }));
    expect(canonicalManifest(names).indexOf('～')).toBeLessThan(canonicalManifest(names).indexOf('😀'));
  });

  it.each([
    [[a, a], 'two files at'],
    [[{ ...a, sha256: 'A'.repeat(64) }], 'no SHA-256'],
    [[{ ...a, size: 1.5 }], 'no size'],
  ])('refuses %j', (files, message) => {
    expect(() => canonicalManifest(files)).toThrow(message);
  });
});
