import { z } from 'zod';

const name = z
  .string()
  .min(1)
  .max(250)
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u,
    "a dataset's name begins with a letter or digit and holds letters, digits, spaces, '.', '_' and '-'",
  )
  .refine(
    (text) => text.normalize('NFKC') === text && text.trim() === text,
    "a dataset's name has one spelling: no lookalike characters, no space at its end",
  )
  .describe('Dataset.');
const version = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).describe('Number of the version.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const column = z.string().min(1).max(250);

/** One column or several, as query parameters repeat: `sensitive=sex&sensitive=age`. */
const columns = z.preprocess(
  (value) => (value === undefined || Array.isArray(value) ? value : [value]),
  z.array(column).max(1_000).default([]),
);

export const registerDatasetVersionRequest = z
  .object({
    name,
    target: column.optional().describe('Column that models are to predict.'),
    sensitive: columns.describe('Columns by whose groups fairness is measured. Repeat it for several.'),
    identifier: columns.describe('Columns that name a row and are no feature. Repeat it for several.'),
  })
  .meta({ id: 'RegisterDatasetVersionRequest' });

const numericProfile = z.object({
  min: z.number().describe('Smallest value.'),
  max: z.number().describe('Largest value.'),
  mean: z.number().describe('Arithmetic mean.'),
  standardDeviation: z.number().describe('Of the sample (divisor n − 1).'),
  quantiles: z
    .object({
      p05: z.number().describe('5 % of the values are at most this.'),
      p25: z.number().describe('Lower quartile.'),
      p50: z.number().describe('Median.'),
      p75: z.number().describe('Upper quartile.'),
      p95: z.number().describe('95 % of the values are at most this.'),
    })
    .describe('By linear interpolation.'),
  quantileSample: z
    .int()
    .min(1)
    .describe('Values that the quantiles rest on; fewer than the count in a very long column.'),
});

export const datasetColumn = z
  .object({
    name: column.describe('Name in the header.'),
    type: z
      .enum(['boolean', 'integer', 'number', 'date', 'string'])
      .describe('Narrowest type that fits every present value.'),
    count: z.int().min(0).describe('Present values.'),
    missing: z.int().min(0).describe('Missing values: empty, NA, N/A, NaN or null.'),
    distinct: z.int().min(0).describe('Different values.'),
    distinctExact: z.boolean().describe('false: there are more different values than were counted.'),
    numeric: numericProfile.nullable().describe('Of a numeric column.'),
    top: z
      .array(
        z.object({ value: z.string().describe('The value.'), count: z.int().min(1).describe('How often it occurs.') }),
      )
      .nullable()
      .describe('Most frequent values of any other column; null where there are too many to count.'),
  })
  .meta({ id: 'DatasetColumn' });

const roles = z.object({
  target: column.nullable().describe('Column that models are to predict.'),
  sensitive: z.array(column).describe('Columns by whose groups fairness is measured.'),
  identifier: z.array(column).describe('Columns that name a row.'),
});

const summary = {
  name,
  version: z.int().min(1).describe('Number of the version.'),
  digest: sha256.describe('SHA-256 of the content: the identity of the version.'),
  size: z.int().min(0).describe('Bytes.'),
  rowCount: z.int().min(1).describe('Rows, the header not counted.'),
  roles: roles.describe('What columns are for.'),
  createdBy: z.string().describe('Id of who registered it.'),
  createdAt: z.iso.datetime().describe('When.'),
};

export const datasetVersion = z
  .object({ ...summary, columns: z.array(datasetColumn).describe('Profile of each column, in file order.') })
  .meta({ id: 'DatasetVersion' });
export const datasetVersionRequest = z.object({ name, version }).meta({ id: 'DatasetVersionRequest' });
export const datasetVersionsRequest = z.object({ name }).meta({ id: 'DatasetVersionsRequest' });
export const datasetVersionList = z
  .object({ versions: z.array(z.object(summary)).describe('Newest first, at most 1,000.') })
  .meta({ id: 'DatasetVersionList' });
export const datasetList = z
  .object({
    datasets: z
      .array(
        z.object({
          name,
          versions: z.int().min(1).describe('How many versions there are.'),
          createdAt: z.iso.datetime().describe('When it was first registered.'),
        }),
      )
      .describe('By name, at most 1,000.'),
  })
  .meta({ id: 'DatasetList' });

export type DatasetColumn = z.infer<typeof datasetColumn>;
export type DatasetRoles = z.infer<typeof roles>;
export type DatasetVersion = z.infer<typeof datasetVersion>;
export type RegisterDatasetVersionRequest = z.infer<typeof registerDatasetVersionRequest>;
