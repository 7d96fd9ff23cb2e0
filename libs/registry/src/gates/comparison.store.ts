import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type ComparisonResult, type ComparisonSpec, comparisonId, comparisonResult } from './comparison.js';

@Injectable()
export class ComparisonStore {
  /** What is known of several comparisons, by their ids. */
  async results(tx: Tx, ids: readonly string[]): Promise<Map<string, ComparisonResult>> {
    if (ids.length === 0) return new Map();
    const rows: { id: string; result: unknown }[] = await tx.query(
      'select id, result from registry.comparison where id = any($1::text[])',
      [ids],
    );
    return new Map(rows.map(({ id, result }) => [id, comparisonResult.parse(result)]));
  }

  /** Whether it was written: somebody else may have found the same meanwhile. */
  async insert(tx: Tx, spec: ComparisonSpec, result: ComparisonResult, at: Date): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into registry.comparison (id, workspace, spec, result, computed_at) values ($1, $2, $3, $4, $5)
         on conflict (id) do nothing returning id`,
      [comparisonId(spec), spec.workspace, JSON.stringify(spec), JSON.stringify(result), at],
    );
    return rows.length > 0;
  }
}
