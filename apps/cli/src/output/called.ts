import type { Somebody } from '@assay/contracts';

/** What a table calls somebody: the name, or the id of whatever has none. */
export function called({ id, name }: Somebody): string {
  return name ?? id;
}
