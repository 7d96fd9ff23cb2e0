import type { Readable } from 'node:stream';
import { CsvReader } from '@assay/pure/formats';
import { seededRandom } from '@assay/pure/ml';

/** Rows of a CSV file, or a fixed random sample of them in file order. */
export interface SampledTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows in the file. */
  readonly total: number;
}

const sampleSeed = 20_240_607;

/**
 * Reads a CSV stream in bounded memory: all rows up to `keep`, else a sample of that size in which every row is equally likely
 * (Vitter's algorithm R, seeded: the same file gives the same sample).
 */
export async function sampleCsv(stream: Readable, keep: number): Promise<SampledTable> {
  const reader = new CsvReader();
  const decoder = new TextDecoder();
  const random = seededRandom(sampleSeed);
  const kept: { place: number; fields: readonly string[] }[] = [];
  let columns: readonly string[] | null = null;
  let total = 0;
  const take = (fields: readonly string[]): void => {
    if (columns === null) {
      columns = fields;
      return;
    }
    if (fields.length !== columns.length) return; // a blank line: registration has refused anything else
    const place = total;
    total += 1;
    if (kept.length < keep) kept.push({ place, fields });
    else {
      const slot = random.below(total);
      if (slot < keep) kept[slot] = { place, fields };
    }
  };
  for await (const chunk of stream) {
    const piece: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (const record of reader.push(decoder.decode(piece, { stream: true }))) take(record.fields);
  }
  for (const record of [...reader.push(decoder.decode()), ...reader.end()]) take(record.fields);
  const rows = kept.sort((a, b) => a.place - b.place).map(({ fields }) => fields);
  return { columns: columns ?? [], rows, total };
}
