import { DataSource } from 'typeorm';
import { defaultExperiment } from './tracking/default-experiment.js';

/**
 * Empties the schemas `tracking` and `registry` of a test database, as the migration role, and leaves what the migrations left: experiment 0.
 * Which tables there are is read from the database's own declaration, so a later one needs no line here. Roles, triggers and grants stay.
 */
export class TestingReset {
  private opened: Promise<DataSource> | null = null;

  /** @param url of the migration role, which alone may truncate. */
  constructor(private readonly url: string) {}

  async run(): Promise<void> {
    this.opened ??= this.open();
    const source = await this.opened;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.empty(source);
      } catch (error) {
        if (attempt === mostAttempts || !isDeadlock(error)) throw error;
      }
    }
  }

  private async empty(source: DataSource): Promise<void> {
    await source.transaction(async (tx) => {
      const rows: EmptiedRow[] = await tx.query(emptied);
      const tables = rows.filter((row) => !row.is_sequence);
      const bytes = tables.reduce((sum, table) => sum + Number(table.bytes), 0);
      if (tables.length > 0) await tx.query(bytes <= mostDeletedBytes ? deleteAll(tables) : truncateAll(tables));
      for (const row of rows.filter((each) => each.is_sequence)) await tx.query(`alter sequence ${row.name} restart`);
      if (tables.length > 0) for (const statement of defaultExperiment()) await tx.query(statement);
    });
  }

  async close(): Promise<void> {
    const source = await this.opened?.catch(() => null);
    await source?.destroy();
  }

  private async open(): Promise<DataSource> {
    try {
      const { url } = this;
      return await new DataSource({
        type: 'postgres',
        url,
        applicationName: 'assay-testing',
        poolSize: 1,
      }).initialize();
    } catch (error) {
      this.opened = null; // the next call tries again
      throw error;
    }
  }
}

/** The server under test goes on meanwhile, and locks tables in an order of its own. */
const mostAttempts = 5;

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}

interface EmptiedRow {
  readonly name: string;
  readonly bytes: string;
  /** Named only because it refers to one that is not. */
  readonly is_empty: boolean;
  readonly is_sequence: boolean;
}

/** Tables of so many bytes together are emptied row by row. */
const mostDeletedBytes = 1024 * 1024;

/** Of any size; but a new file for each table and each of its indexes, which is most of what a reset of nearly empty tables would take. */
function truncateAll(tables: readonly EmptiedRow[]): string {
  return `truncate ${tables.map(({ name }) => name).join(', ')}`;
}

/**
 * One statement, at whose end the references between the tables are looked at. As with `truncate` no trigger fires that asks for records or
 * revisions; and a reset that a crash undoes is no loss, so the commit waits for no disk.
 */
function deleteAll(tables: readonly EmptiedRow[]): string {
  const names = tables.filter(({ is_empty }) => !is_empty).map(({ name }) => name);
  const triggers = (verb: 'disable' | 'enable'): string[] =>
    names.map((name) => `alter table ${name} ${verb} trigger user`);
  const deleting = names.map((name, place) => `emptied_${place} as (delete from ${name})`);
  return [
    'set local synchronous_commit = off',
    ...triggers('disable'),
    `with ${deleting.join(', ')} select`,
    ...triggers('enable'),
  ].join('; ');
}

/**
 * Tables that hold anything, with those that refer to them, as truncating needs them; the other empty ones are left alone. How far a subscriber has followed the audit log stays, for that log isn't emptied. A sequence that sessions hold numbers of goes
 * on where it was: they would go on using theirs.
 */
const emptied = `
  with recursive declared as (
    select name::regclass as id from audit.declared_table
      where split_part(name, '.', 1) in ('tracking', 'registry') and split_part(name, '.', 2) <> 'event_cursor'
  ), filled as (
    select id from declared where pg_relation_size(id) > 0
    union
    select c.conrelid::regclass from pg_constraint c join filled f on c.confrelid = f.id join declared d on d.id = c.conrelid where c.contype = 'f'
  )
  select id::text as name, pg_table_size(id) as bytes, pg_relation_size(id) = 0 as is_empty, false as is_sequence from filled
  union all
  select format('%I.%I', schemaname, sequencename), 0, false, true from pg_sequences
    where schemaname in ('tracking', 'registry') and cache_size = 1 and last_value is not null
  order by 4, 1`;
