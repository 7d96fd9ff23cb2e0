import type { Tx } from '@assay/platform/database';
import { z } from 'zod';

/** A frozen dataset version: where its bytes lie and what they hash to. */
export interface DatasetContent {
  readonly name: string;
  readonly version: number;
  /** SHA-256 of the content, lower-case hex. */
  readonly digest: string;
  readonly size: number;
  readonly rowCount: number;
  /** Key in the artifact store. */
  readonly blobKey: string;
}

const contentRow = z.object({
  name: z.string(),
  version: z.coerce.number(),
  digest: z.string(),
  size: z.coerce.number(),
  row_count: z.coerce.number(),
  blob_key: z.string(),
});

/** One version of a dataset of a workspace, or null when there is none of that name and number. */
export async function datasetContent(
  tx: Tx,
  workspace: string,
  name: string,
  version: number,
): Promise<DatasetContent | null> {
  const rows: unknown[] = await tx.query(
    'select name, version, digest, size, row_count, blob_key from registry.dataset_content where workspace = $1 and name = $2 and version = $3',
    [workspace, name, version],
  );
  const found = rows.map((row) => contentRow.parse(row))[0];
  if (found === undefined) return null;
  return {
    name: found.name,
    version: found.version,
    digest: found.digest,
    size: found.size,
    rowCount: found.row_count,
    blobKey: found.blob_key,
  };
}
