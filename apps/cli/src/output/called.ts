import type { Somebody } from '@assay/contracts';
import { cellText } from './table.js';

/** What somebody is called on a terminal: the name, or the id of whatever has none. */
export function called({ id, name }: Somebody): string {
  return cellText(name ?? id);
}
