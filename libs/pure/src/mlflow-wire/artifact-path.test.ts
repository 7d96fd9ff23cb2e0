import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendToUri, locationProblem, normalArtifactPath, parseArtifactPath, proxiedPath } from './artifact-path.js';
import { decodePageToken, encodePageToken } from './page-token.js';

const run = 'a'.repeat(32);

describe('artifact paths', () => {
  it.each([
    [`1/${run}/artifacts/plots/a.png`, { kind: 'run', ownerId: run, root: `1/${run}/artifacts`, path: 'plots/a.png' }],
    [`1/${run}/artifacts`, { kind: 'run', ownerId: run, root: `1/${run}/artifacts`, path: '' }],
    [`1/${run}/artifacts/`, { kind: 'run', ownerId: run, root: `1/${run}/artifacts`, path: '' }],
    [
      `own/place/models/m-${run}/artifacts/MLmodel`,
      { kind: 'logged_model', ownerId: `m-${run}`, root: `own/place/models/m-${run}/artifacts`, path: 'MLmodel' },
    ],
    [`1/${run}/artifacts/a%20b.txt`, { kind: 'run', ownerId: run, root: `1/${run}/artifacts`, path: 'a%20b.txt' }],
    [
      `1/${run}/artifacts/${run}/artifacts/x`,
      { kind: 'run', ownerId: run, root: `1/${run}/artifacts`, path: `${run}/artifacts/x` },
    ],
  ])('reads %s', (path, expected) => {
    expect(parseArtifactPath(path)).toEqual(expected);
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    '1/free.txt',
    `1/${run}/other/x`,
    `1/${run}/artifacts/../../x`,
    `1/${run}/artifacts/%2e%2e/x`,
    `1/${run}/artifacts/%252e%252e%252fx`,
    `1/${run}/artifacts/a\\b`,
    `1/${run}/artifacts/a#b`,
    `1/${run}/artifacts/a\nb`,
    `1/${run}/artifacts//x`,
    `1/${run}/artifacts/./x`,
    `C:/1/${run}/artifacts/x`,
    `1/${run}/artifacts/\ud800`,
    `1/${run}/artifacts/%00`,
  ])('refuses %j', (path) => {
    expect(parseArtifactPath(path)).toBeNull();
  });

  it('gives no path back that climbs, however it is encoded', () => {
    const piece = fc.constantFrom('..', '.', '/', '%2e', '%2f', '%25', '%5c', 'a', '\\', 'b.txt', '%252e');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = normalArtifactPath(pieces.join(''));
        if (path === null) return;
        let decoded = path;
        for (let round = 0; round < 9; round += 1) decoded = percentDecoded(decoded);
        expect(decoded.split('/')).not.toContain('..');
        expect(decoded).not.toContain('\\');
        expect(decoded.startsWith('/')).toBe(false);
      }),
    );
  });

  it('reads proxied URIs and appends before a query', () => {
    expect(proxiedPath('mlflow-artifacts:/1/x')).toBe('1/x');
    expect(proxiedPath('mlflow-artifacts://host:1/1/x')).toBe('1/x');
    expect(proxiedPath('s3://bucket/x')).toBeNull();
    expect(appendToUri('mlflow-artifacts:/1?a=b', 'r', 'artifacts')).toBe('mlflow-artifacts:/1/r/artifacts?a=b');
  });

  it.each(['s3://bucket/x', 'mlflow-artifacts:/own', 'mlflow-artifacts:/', 'https://host/x?y=1'])(
    'allows the location %s',
    (location) => {
      expect(locationProblem(location)).toBeNull();
    },
  );

  it.each([
    '/tmp/x',
    './x',
    'file:///tmp/x',
    'C:/x',
    's3://bucket/../x',
    's3://bucket/x#y',
    'runs:/x',
    's3://b/%2e%2e/x',
    'S3://a b',
  ])('refuses the location %s', (location) => {
    expect(locationProblem(location)).not.toBeNull();
  });
});

describe('page tokens', () => {
  it('give their key back for the same query only', () => {
    const token = encodePageToken('q', ['ключ', 1.5]);
    expect(decodePageToken('q', token, ['string', 'number'])).toEqual(['ключ', 1.5]);
    expect(decodePageToken('other', token, ['string', 'number'])).toBeNull();
    expect(decodePageToken('q', token, ['number', 'number'])).toBeNull();
    expect(decodePageToken('q', token, ['string'])).toBeNull();
  });

  it('answer null to garbage', () => {
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        expect(decodePageToken('q', garbage, ['number'])).toBeNull();
      }),
    );
  });
});

/** Decoded once; bytes that are no UTF-8 stay as they stand. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
