import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** Reads who is an author of a version: from the same rows, by the same function, by which the database refuses their approval. */
@Injectable()
export class AuthorStore {
  /** Whoever registered it, made the runs or logged models that it came from, or wrote files into them; for a job, in whose name it ran. */
  async of(tx: Tx, modelId: string, version: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query('select id from registry.author_ids($1, $2) as id order by id', [
      modelId,
      version,
    ]);
    return rows.map(({ id }) => id);
  }
}
