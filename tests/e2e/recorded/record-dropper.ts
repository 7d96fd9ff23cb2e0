import { AuditClient, type CoveredRow } from '@assay/platform/audit-client';
import { newId } from '@assay/platform/database';
import { requestContext } from '@assay/platform/telemetry';
import { vi } from 'vitest';

/** What a request wanted recorded: the rows that each of its records names, in order. */
export type Wanted = readonly (readonly CoveredRow[])[];

/** Makes every audit client of this process drop records of requests; what the platform does besides keeps its own. */
export class RecordDropper {
  private drops: (place: number) => boolean = () => false;
  private wanted: (readonly CoveredRow[])[] = [];

  constructor() {
    const keep = AuditClient.prototype.record;
    const isDropped = (covers: readonly CoveredRow[]): boolean => {
      if (requestContext.getStore() === undefined) return false;
      this.wanted.push(covers);
      return this.drops(this.wanted.length - 1);
    };
    vi.spyOn(AuditClient.prototype, 'record').mockImplementation(function record(this: AuditClient, ...given) {
      return isDropped(given[2].covers) ? Promise.resolve(newId()) : keep.apply(this, given);
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

/** Places of the records that alone name some row, if there are others beside them. */
export function needed(wanted: Wanted): number[] {
  if (wanted.length < 2) return [];
  const named = wanted.map((covers) => covers.map((row) => JSON.stringify(row)));
  return named.flatMap((rows, place) => {
    const others = new Set(named.filter((_, other) => other !== place).flat());
    return rows.some((row) => !others.has(row)) ? [place] : [];
  });
}
