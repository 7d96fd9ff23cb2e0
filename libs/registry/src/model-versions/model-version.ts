import type { Stage } from '@assay/pure/mlflow-wire';
import type { Tag } from '../models/registered-model.js';

/** `sealed`: its files are fixed by a manifest. `unsealed`: its source held none. `external`: they lie outside our store. */
export type VersionKind = 'sealed' | 'unsealed' | 'external';

/** Digests of what a run said of itself at the moment a version was registered from it; each is SHA-256 over RFC 8785 JSON. */
export interface RunSeal {
  readonly runId: string;
  readonly params: string;
  readonly tags: string;
  readonly metrics: string;
  readonly inputs: string;
  readonly artifacts: string | null;
}

/** Whose files a version's are, and which of them. */
export interface VersionOwner {
  readonly kind: 'run' | 'logged_model';
  readonly id: string;
  readonly path: string;
}

/** A version by its model's id and its number. */
export interface VersionKey {
  readonly modelId: string;
  readonly version: number;
}

export interface VersionFile {
  /** Relative to the version's source. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly blobKey: string;
}

/** A numbered version of a model. Only stage, description and tags of it ever change. */
export interface ModelVersion {
  readonly modelId: string;
  readonly version: number;
  readonly kind: VersionKind;
  readonly stage: Stage;
  readonly description: string | null;
  readonly source: string;
  readonly storageUri: string;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly loggedModelId: string | null;
  readonly owner: VersionOwner | null;
  /** SHA-256 of the canonical manifest: the version's identity. Null unless sealed. */
  readonly manifestDigest: string | null;
  readonly fileCount: number;
  readonly totalBytes: number;
  readonly runSeal: RunSeal | null;
  /** The version that it was registered as a copy of: its files, manifest and origin are the same. */
  readonly copiedFrom: VersionKey | null;
  readonly registeredBy: string;
  /** Who registered it at its origin, if it was imported. */
  readonly userId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** A version with what is said about it elsewhere. */
export interface DescribedVersion extends ModelVersion {
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
}
