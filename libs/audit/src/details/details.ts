import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Config, keepSealKey, seal, unseal } from '@assay/platform/config';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { findDetail, insertDetails, insertSubjectKeys, type SealedDetail, subjectKeys } from './detail.store.js';
import { saltValues } from './salted-values.js';

const saltedValues = z.record(z.string(), z.object({ salt: z.string(), value: z.string() }));

export interface PersonalValues {
  readonly recordId: string;
  /** Whose they are: one key per subject, destroyed when that subject is erased. */
  readonly subject: string;
  readonly personal: Readonly<Record<string, string>>;
}

/**
 * Personal values of records, apart from the log: encrypted under a key per subject, which is itself wrapped by the installation's key (a file in
 * the data folder). The log holds salted digests only, so destroying a subject's key erases the values and leaves every proof as it was.
 */
@Injectable()
export class Details {
  private master: Buffer | null = null;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Seals the personal values of some records, in the transaction that sequences them; tells the digests by record id. */
  async keep(tx: Tx, records: readonly PersonalValues[]): Promise<Map<string, Record<string, string>>> {
    const given = records.filter(({ personal }) => Object.keys(personal).length > 0);
    const digests = new Map<string, Record<string, string>>();
    if (given.length === 0) return digests;
    const keys = await this.keysOf(tx, [...new Set(given.map(({ subject }) => subject))]);
    const sealed: SealedDetail[] = [];
    for (const { recordId, subject, personal } of given) {
      const key = keys.get(subject);
      if (key === undefined) throw new Error(`no key could be made for ${subject}`);
      const salted = saltValues(personal);
      digests.set(recordId, salted.digests);
      sealed.push({ recordId, subject, sealed: seal(key, Buffer.from(JSON.stringify(salted.salted)), recordId) });
    }
    await insertDetails(tx, sealed);
    return digests;
  }

  /** The personal values of a record, or null if it has none or they were erased. */
  async reveal(tx: Tx, recordId: string): Promise<Record<string, string> | null> {
    const found = await findDetail(tx, recordId);
    if (found === null) return null;
    const key = unseal(this.masterKey(), found.wrapped, found.subject);
    const values = saltedValues.parse(JSON.parse(unseal(key, found.sealed, recordId).toString()));
    return Object.fromEntries(Object.entries(values).map(([field, { value }]) => [field, value]));
  }

  private async keysOf(tx: Tx, subjects: readonly string[]): Promise<Map<string, Uint8Array>> {
    const known = new Set((await subjectKeys(tx, subjects)).map(({ subject }) => subject));
    const missing = subjects.filter((subject) => !known.has(subject));
    if (missing.length > 0) {
      const made = missing.map((subject) => ({ subject, wrapped: seal(this.masterKey(), randomBytes(32), subject) }));
      await insertSubjectKeys(tx, made, this.clock.now());
    }
    const all = await subjectKeys(tx, subjects);
    return new Map(all.map(({ subject, wrapped }) => [subject, unseal(this.masterKey(), wrapped, subject)]));
  }

  private masterKey(): Buffer {
    this.master ??= keepSealKey(join(this.config.dataDir, 'keys', 'audit-details.key'));
    return this.master;
  }
}
