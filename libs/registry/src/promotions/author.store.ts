import { Standing } from '@assay/access-reads';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** Reads who is an author of a version: from the same rows, by the same function, by which the database refuses their approval. */
@Injectable()
export class AuthorStore {
  constructor(private readonly standing: Standing) {}

  /**
   * Whoever registered it, made the runs or logged models that it came from, or wrote files into them; for a job, in whose name it ran. And
   * for a service account whoever made it or a token of it.
   */
  async of(tx: Tx, modelId: string, version: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query('select id from registry.author_ids($1, $2) as id order by id', [
      modelId,
      version,
    ]);
    return rows.map(({ id }) => id);
  }

  /** Authors of something, and those who asked for it: with whoever stands behind the latter. */
  async withRequesters(tx: Tx, authors: readonly string[], requesters: readonly string[]): Promise<string[]> {
    return [...new Set([...authors, ...(await this.standing.behind(tx, requesters))])].toSorted();
  }
}
