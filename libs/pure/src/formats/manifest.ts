import { canonicalJson } from './canonical-json.js';

/** One file of a sealed version. `sha256` is lower-case hex. */
export interface ManifestFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * The text whose SHA-256 identifies a set of files: RFC 8785 canonical JSON, files sorted by path by code point.
 * It depends on paths, sizes and digests only, never on order of arrival, time or place of storage.
 */
export function canonicalManifest(files: readonly ManifestFile[]): string {
  const sorted = files.toSorted((a, b) => compareCodePoints(a.path, b.path));
  for (const [index, file] of sorted.entries()) {
    if (index > 0 && sorted[index - 1]?.path === file.path) throw new RangeError(`two files at "${file.path}"`);
    if (!/^[0-9a-f]{64}$/.test(file.sha256)) throw new RangeError(`"${file.path}" has no SHA-256`);
    if (!Number.isSafeInteger(file.size) || file.size < 0) throw new RangeError(`"${file.path}" has no size`);
  }
  const entries = sorted.map(({ path, sha256, size }) => ({ path, sha256, size }));
  return canonicalJson({ type: 'assay.manifest.v1', files: entries });
}

/** Order by Unicode code point, as OpenSSF model signing sorts; UTF-16 order differs above U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
