import { z } from 'zod';
import { experimentMessage, loggedModelMessage, registeredModelMessage, runMessage, versionMessage } from './items.js';

/*
 * An archive is a tar file (gzipped when its name ends in `.gz`): `assay-export.json` first, then the items in the order in which they are to
 * arrive, each under its number: `0000042.run.json`, followed by what belongs to it: `0000042.metrics.0000001.json` (a page of points) and
 * `0000042.file/<path>` (bytes). Nothing is ever unpacked: an import reads it as a stream.
 */

export const archiveHeader = z.object({
  format: z.literal('assay-export'),
  version: z.literal(1),
  origin: z.string().min(1).max(500),
  exportedAt: z.string(),
});

export const headerName = 'assay-export.json';

/** The message of each kind of item, by the word in its entry's name. */
export const itemMessages = {
  experiment: experimentMessage,
  run: runMessage,
  'logged-model': loggedModelMessage,
  'end-of-experiment': experimentMessage,
  'registered-model': registeredModelMessage,
  version: versionMessage,
  'end-of-model': registeredModelMessage,
} as const;

export function entryNumber(place: number): string {
  return String(place).padStart(7, '0');
}
