import type { Policy } from '@assay/contracts';
import type { PolicyVersion } from './policy.store.js';

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
