import { isHidden, matches, type ModelGrant } from '@assay/contracts';

/** What a webhook may be told of. */
export interface WebhookScope {
  /** Patterns of the models that it names; null: all. What is about no model is not narrowed by them. */
  readonly models: readonly string[] | null;
  /** What is denied on models to those in whose names it is told things, as it is now. */
  readonly denials: readonly ModelGrant[];
}

/** Whether a webhook is told of something about these models: of none that is denied, and of one at least that it names. */
export function concerns({ models: named, denials }: WebhookScope, models: readonly string[]): boolean {
  if (models.some((model) => isHidden({ modelGrants: denials }, model))) return false;
  if (named === null || models.length === 0) return true;
  return models.some((model) => named.some((pattern) => matches(pattern, model)));
}
