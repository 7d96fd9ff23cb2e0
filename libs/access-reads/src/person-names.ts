import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** Tells what people, and programs that call in their own name, are called, for answers that people read. */
@Injectable()
export class PersonNames {
  /** Names by id; ids of jobs, of the platform, or of nobody known are left out. */
  async of(tx: Tx, ids: Iterable<string>): Promise<Map<string, string>> {
    const asked = [...new Set(ids)];
    if (asked.length === 0) return new Map();
    const rows: { id: string; name: string }[] = await tx.query(
      `select id, name from access.person where id = any($1::text[])
         union all select id, name from access.service_account where id = any($1::text[])`,
      [asked],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}
