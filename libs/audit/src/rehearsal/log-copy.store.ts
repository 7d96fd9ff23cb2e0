import { Database } from '@assay/platform/database';
import { DataSource } from 'typeorm';

/** Where a rehearsal puts its copy of the log's tables. */
export const copySchema = 'audit_rehearsal';

/** Opens the database as the role that owns the tables. Close it by `source.destroy()`. */
export async function openAsOwner(url: string): Promise<Database> {
  return new Database(await new DataSource({ type: 'postgres', url, applicationName: 'assay-rehearsal' }).initialize());
}

/** Copies the log's tables into a schema of their own, which no service reads. */
export async function copyLog(owner: Database): Promise<void> {
  await dropCopy(owner);
  await owner.transaction(async (tx) => {
    await tx.query(`create schema ${copySchema}`);
    for (const table of ['leaf', 'tile', 'checkpoint', 'signing_key'])
      await tx.query(`create table ${copySchema}.${table} as table audit.${table}`);
  });
}

/**
 * Changes one record of the copy as somebody with every right on the database would: in the leaf and in the search columns alike.
 * @returns whether anything changed.
 */
export async function changeRecord(
  owner: Database,
  id: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const rows: unknown[] = await owner.transaction((tx) =>
    tx.query(
      `with changed as (
         update ${copySchema}.leaf
         set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), $2, $3), 'UTF8'), actor_id = replace(actor_id, $2, $3), target_id = replace(target_id, $2, $3)
         where id = $1 and strpos(convert_from(leaf, 'UTF8'), $2) > 0 returning 1)
       select * from changed`,
      [id, from, to],
    ),
  );
  return rows.length > 0;
}

export async function dropCopy(owner: Database): Promise<void> {
  await owner.transaction((tx) => tx.query(`drop schema if exists ${copySchema} cascade`));
}
