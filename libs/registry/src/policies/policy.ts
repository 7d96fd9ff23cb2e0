import { type Actor, type Policy, mayOnModel } from '@assay/contracts';
import type { PolicyVersion } from './policy.store.js';

/** Whether a caller may see a policy: it tells of each model that it guards, so whoever may not know of one knows nothing of the policy. */
export function mayReadPolicy(actor: Actor, { guards, document }: Pick<PolicyVersion, 'guards' | 'document'>): boolean {
  const models = [...document.guards.models, ...guards.map(({ model }) => model)];
  return models.every((name) => mayOnModel(actor, 'registry:read', name));
}

/** A policy version as the API answers it. */
export function shownPolicy(version: PolicyVersion): Policy {
  const { name, version: number, digest, text, guards, publishedBy, publishedAt, current } = version;
  return {
    name,
    version: number,
    digest,
    text,
    guards: [...guards],
    publishedBy,
    publishedAt: publishedAt.toISOString(),
    current,
  };
}
