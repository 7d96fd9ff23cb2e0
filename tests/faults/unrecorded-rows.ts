import { z } from 'zod';

type Query = (sql: string) => Promise<Record<string, unknown>[]>;

const covers = z.array(z.array(z.string()));
const leafShape = z.object({ id: z.string(), covers: covers.optional() });

/** A governed row as records name it: the JSON of its table and key. */
export type RowName = string;

export interface Records {
  /** Ids of the records in the log and in the inbox. */
  readonly ids: ReadonlySet<string>;
  /** Record id → rows that it names. */
  readonly covers: ReadonlyMap<string, readonly RowName[]>;
  readonly leaves: number;
  /** Places where the log's indexes are not dense. */
  readonly gaps: number;
}

/** Every record that the database has: sequenced ones by their leaf, waiting ones by their inbox row. */
export async function readRecords(query: Query): Promise<Records> {
  // Waiting ones first: one that is sequenced in between is then seen twice, never missed.
  const waiting = z
    .array(z.object({ id: z.string(), covers }))
    .parse(await query('select id, covers from audit.inbox'));
  const rows = z
    .array(z.object({ index: z.int(), leaf: z.string() }))
    .parse(await query("select index::int, convert_from(leaf, 'UTF8') as leaf from audit.leaf order by index"));
  const leaves = rows.map(({ leaf }) => leafShape.parse(JSON.parse(leaf)));
  const named = new Map<string, readonly RowName[]>();
  for (const record of [...waiting, ...leaves])
    named.set(
      record.id,
      (record.covers ?? []).map((row) => JSON.stringify(row)),
    );
  return {
    ids: new Set(named.keys()),
    covers: named,
    leaves: rows.length,
    gaps: rows.filter(({ index }, place) => index !== place).length,
  };
}

/** Every governed row of the database, and a digest of the columns whose changes need a record. */
export async function governedRows(query: Query): Promise<Map<RowName, string>> {
  const tables = z
    .array(z.object({ name: z.string(), key_columns: z.string(), columns: z.string().nullable() }))
    .parse(
      await query("select name, key_columns, columns from audit.declared_table where kind = 'governed' order by name"),
    );
  const selects = tables.map(({ name, key_columns: key, columns }) => {
    const keys = key.split(',').map((column) => `t.${column}::text`);
    const content =
      columns === null
        ? 't::text'
        : `row(${columns
            .split(',')
            .map((column) => `t.${column}`)
            .join(', ')})::text`;
    return `select '${name}' as name, array[${keys.join(', ')}] as key, md5(${content}) as digest from ${name} t`;
  });
  const rows = z
    .array(z.object({ name: z.string(), key: z.array(z.string()), digest: z.string() }))
    .parse(await query(selects.join(' union all ')));
  return new Map(rows.map(({ name, key, digest }) => [JSON.stringify([name, ...key]), digest]));
}

/** Governed rows that no record names. */
export function unrecorded(rows: ReadonlyMap<RowName, string>, records: Records): RowName[] {
  const named = new Set([...records.covers.values()].flat());
  return [...rows.keys()].filter((row) => !named.has(row));
}
