import { parseArtifactPath } from '@assay/pure/mlflow-wire';

/** What a transaction is about to write: named before it begins, because a job may write only what is its own. */
export type WriteTarget =
  | { readonly kind: 'experiment'; readonly id: string | null }
  /** `key` is the request's `Idempotency-Key`: a repeated creation answers what the first one made. */
  | { readonly kind: 'new run'; readonly key: string | null }
  | { readonly kind: 'run'; readonly id: string; readonly loggedModelIds?: readonly string[] }
  | { readonly kind: 'new logged model'; readonly sourceRunId: string | null }
  | { readonly kind: 'logged model'; readonly id: string }
  | { readonly kind: 'nothing' };

/** The owner of the files at a path behind the artifact proxy. */
export function fileTarget(path: string): WriteTarget {
  const parsed = parseArtifactPath(path);
  if (parsed === null) return { kind: 'nothing' };
  return parsed.kind === 'run' ? { kind: 'run', id: parsed.ownerId } : { kind: 'logged model', id: parsed.ownerId };
}
