import { z } from 'zod';
import { decodeBase64 } from '../formats/index.js';
import { hashSize } from './hash.js';
import { leafColumnNames } from './leaf-columns.js';

/**
 * An export archive of the audit log: JSON lines. First the manifest, then the records by index (in a complete archive each signed checkpoint
 * stands behind the last record that it covers), and an end line, without which the archive is cut off.
 */
export const archiveFormat = 'assay-audit-archive/1';

const hash = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes?.length === hashSize) return bytes;
  context.addIssue({ code: 'custom', message: 'no SHA-256 hash in base64' });
  return z.NEVER;
});
const count = z.number().int().min(0);

export const archiveManifest = z.strictObject({
  kind: z.literal('manifest'),
  format: z.literal(archiveFormat),
  origin: z.string().min(1),
  /** Keys that the log says are its own, as `sumdb/note` verifier keys. */
  keys: z.array(z.string()).min(1),
  filter: z.record(z.string(), z.unknown()),
  /** Whether every record up to the checkpoint is in it: then the root is recomputed, else each record brings its proof. */
  complete: z.boolean(),
  count,
  first: count.nullable(),
  last: count.nullable(),
  checkpoint: z.string(),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

const record = z.strictObject({
  kind: z.literal('record'),
  index: count,
  /** The leaf as text, exactly as hashed. */
  leaf: z.string(),
  /** The leaf's hash as the log's tiles hold it. */
  hash,
  /** The row's search columns as the database holds them. */
  row: z.record(z.enum(leafColumnNames), z.string().nullable()),
  proof: z.array(hash).optional(),
});
export type ArchiveRecord = z.infer<typeof record>;

const archiveLine = z.discriminatedUnion('kind', [
  record,
  z.strictObject({ kind: z.literal('checkpoint'), note: z.string() }),
  z.strictObject({ kind: z.literal('end'), count }),
]);
export type ArchiveLine = z.infer<typeof archiveLine>;

/** Reads the first line of an archive; null if it is none. */
export function parseManifest(line: string): ArchiveManifest | null {
  return archiveManifest.safeParse(parseJson(line)).data ?? null;
}

/** Reads any other line of an archive; null if it is malformed. */
export function parseArchiveLine(line: string): ArchiveLine | null {
  return archiveLine.safeParse(parseJson(line)).data ?? null;
}

/** The parsed JSON, or undefined (which no JSON text means) if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
