import { AuditClient, type ComposedRecord, type CoveredRow } from '@assay/platform/audit-client';
import { vi } from 'vitest';
import { z } from 'zod';

/** What a request wanted recorded: the rows that each of its records names, in order. */
export type Wanted = readonly (readonly CoveredRow[])[];

/** Makes every audit client of this process drop records of requests; what the platform does besides keeps its own. */
export class RecordDropper {
  private drops: (place: number) => boolean = () => false;
  private wanted: (readonly CoveredRow[])[] = [];

  constructor() {
    const keep = AuditClient.prototype.columns;
    const isDropped = (record: ComposedRecord): boolean => {
      if (!isOfRequest(record)) return false;
      this.wanted.push(coveredRows.parse(JSON.parse(record.covers)));
      return this.drops(this.wanted.length - 1);
    };
    vi.spyOn(AuditClient.prototype, 'columns').mockImplementation(function columns(this: AuditClient, records) {
      return keep.call(
        this,
        records.filter((record) => !isDropped(record)),
      );
    });
  }

  /** Drops all records, or the one at a place, while something runs. */
  async during<T>(which: 'all' | number, run: () => Promise<T>): Promise<{ result: T; wanted: Wanted }> {
    this.wanted = [];
    this.drops = (place) => which === 'all' || place === which;
    try {
      return { result: await run(), wanted: this.wanted };
    } finally {
      this.drops = () => false;
    }
  }
}

const coveredRows = z.array(z.custom<CoveredRow>((row) => Array.isArray(row)));
const ofRequest = z.object({ requestId: z.string() });

/** Changes of several requests are written in one transaction, which is none of theirs: only the record tells. */
function isOfRequest({ record }: ComposedRecord): boolean {
  return ofRequest.safeParse(JSON.parse(record)).success;
}

/** Places of the records that alone name some row, if there are others beside them. */
export function needed(wanted: Wanted): number[] {
  if (wanted.length < 2) return [];
  const named = wanted.map((covers) => covers.map((row) => JSON.stringify(row)));
  return named.flatMap((rows, place) => {
    const others = new Set(named.filter((_, other) => other !== place).flat());
    return rows.some((row) => !others.has(row)) ? [place] : [];
  });
}
