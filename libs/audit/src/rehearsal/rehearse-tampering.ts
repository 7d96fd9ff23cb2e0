import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { archiveLines } from '../export/archive-lines.js';
import { changeRecord, copyLog, copySchema, dropCopy, openAsOwner } from './log-copy.store.js';

export interface Tampering {
  /** Id of the record to change. */
  readonly recordId: string;
  /** The text in it to replace, and by what. */
  readonly from: string;
  readonly to: string;
}

/** The record is not there, or does not hold the text to replace. */
export class NothingToTamperError extends Error {
  override readonly name = 'NothingToTamperError';
}

/**
 * Rehearses the worst case: somebody with the database owner's rights changes one record behind the platform's back. It happens in a copy of the
 * log's tables, which is exported to `file` and dropped again; the log itself is only read.
 */
export async function rehearseTampering(
  ownerUrl: string,
  { recordId, from, to }: Tampering,
  file: string,
): Promise<void> {
  const owner = await openAsOwner(ownerUrl);
  try {
    await copyLog(owner);
    if (!(await changeRecord(owner, recordId, { from, to })))
      throw new NothingToTamperError(`There is no record ${recordId} that says "${from}".`);
    await pipeline(
      Readable.from(archiveLines(owner, { schema: copySchema })),
      createWriteStream(file, { mode: 0o600 }),
    );
  } finally {
    await dropCopy(owner);
    await owner.source.destroy();
  }
}
