import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DatasetInput } from '@assay/contracts';
import { parseCsv } from '@assay/pure/formats';
import type { TableRow } from '@assay/pure/ml';
import type { RecipeContext } from '../recipe.js';

export interface LoadedDataset {
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

const datasetVersion = z.looseObject({ digest: z.string() });

/** Downloads a pinned dataset version, checks it against its digest, and reads it as a table. */
export async function loadDataset(context: RecipeContext, { name, version }: DatasetInput): Promise<LoadedDataset> {
  const path = `/api/v1/datasets/${encodeURIComponent(name)}/versions/${version}`;
  const { digest } = await context.api.get(path, datasetVersion);
  const bytes = await context.api.download(`${path}/content`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== digest.replace(/^sha256:/, '')) {
    throw new Error(
      `dataset ${name} version ${version}: the content's SHA-256 is ${sha256}, but ${digest} is registered; it is not read`,
    );
  }
  context.dataRead({ kind: 'dataset', name, version: String(version), sha256 });
  const table = parseCsv(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const rows = table.rows.map((fields) =>
    Object.fromEntries(table.columns.map((column, index) => [column, fields[index]])),
  );
  context.log(`read ${rows.length} rows of dataset ${name} version ${version} (sha256 ${sha256.slice(0, 12)}…)`);
  return { name, version, sha256, columns: table.columns, rows };
}
