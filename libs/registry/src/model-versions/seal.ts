import { createHash } from 'node:crypto';
import { canonicalJson, canonicalManifest, type ManifestFile } from '@assay/pure/formats';
import type { RunFacts } from '@assay/tracking-reads';
import type { ModelVersion, RunSeal, VersionKind } from './model-version.js';

/** SHA-256 of the canonical manifest, lower-case hex: the identity of a set of files. */
export function manifestDigest(files: readonly ManifestFile[]): string {
  return sha256(canonicalManifest(files.map(({ path, size, sha256: digest }) => ({ path, size, sha256: digest }))));
}

/** What a version says of its files; only a sealed one has their digest as its identity. */
export function contentsOf(
  kind: VersionKind,
  files: readonly ManifestFile[],
): Pick<ModelVersion, 'manifestDigest' | 'fileCount' | 'totalBytes'> {
  return {
    manifestDigest: kind === 'sealed' ? manifestDigest(files) : null,
    fileCount: files.length,
    totalBytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Digests of a run's facts and files: a later edit of any of them no longer agrees with these. */
export function sealRun(runId: string, facts: RunFacts, files: readonly ManifestFile[]): RunSeal {
  return {
    runId,
    params: digestOf(facts.params),
    tags: digestOf(facts.tags),
    metrics: digestOf(facts.metrics),
    inputs: digestOf(facts.inputs),
    artifacts: files.length === 0 ? null : manifestDigest(files),
  };
}

/** Sorted by canonical text, so that the order in which rows come from a database doesn't count. */
function digestOf(items: readonly unknown[]): string {
  return sha256(`[${items.map(canonicalJson).toSorted().join(',')}]`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
