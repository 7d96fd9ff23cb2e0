import { parseArtifactPath } from '@assay/pure/mlflow-wire';

/** What a transaction is about to write: named before it begins, because a job may write only what is its own. */
export type WriteTarget =
  | { readonly kind: 'experiment'; readonly id: string | null }
  /** `key` is the request's `Idempotency-Key`: a repeated creation answers what the first one made. */
  | { readonly kind: 'new run'; readonly key: string | null }
  | { readonly kind: 'run'; readonly id: string; readonly loggedModelIds?: readonly string[] }
  | { readonly kind: 'new logged model'; readonly sourceRunId: string | null }
  | { readonly kind: 'logged model'; readonly id: string }
  /** `runId` is the run that new traces among these will belong to. */
  | { readonly kind: 'trace'; readonly ids: readonly string[]; readonly runId: string | null }
  | { readonly kind: 'nothing' };

/** The owner of the files at a path behind the artifact proxy. */
export function fileTarget(path: string): WriteTarget {
  const parsed = parseArtifactPath(path);
  if (parsed === null) return { kind: 'nothing' };
  const id = parsed.ownerId;
  switch (parsed.kind) {
    case 'run':
      return { kind: 'run', id };
    case 'logged_model':
      return { kind: 'logged model', id };
    case 'trace':
      return { kind: 'trace', ids: [id], runId: null };
  }
}
