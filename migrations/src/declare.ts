import { newId } from '@assay/platform/database';

/**
 * What each migration says of its tables. `governed`: no change commits without an audit record that names the row.
 * `telemetry`: bulk data, not recorded change by change. A test fails for a table that is neither.
 */
export interface Governed {
  /** Primary key columns, in order: the key that an audit record names. */
  key: readonly string[];
  /** Only changes to these columns need a record; inserts and deletes always do. Leave out for all columns. */
  columns?: readonly string[];
}

const name = /^[a-z][a-z_0-9]*$/;

/** SQL that puts a table under the audit trigger. `table` is schema-qualified. */
export function governed(table: string, { key, columns }: Governed): string[] {
  for (const part of [...table.split('.'), ...key, ...(columns ?? [])])
    if (!name.test(part)) throw new Error(`"${part}" is no plain SQL name`);
  const of = columns ? ` of ${columns.join(', ')}` : '';
  const trigger = `create constraint trigger zz_audited_%s after %s on ${table} deferrable initially deferred for each row`;
  const call = `execute function audit.require_record(${key.map((column) => `'${column}'`).join(', ')})`;
  return [
    `${trigger.replace('%s', 'rows').replace('%s', 'insert or delete')} ${call}`,
    `${trigger.replace('%s', 'change').replace('%s', `update${of}`)} when (old is distinct from new) ${call}`,
    `insert into audit.declared_table (name, kind, key_columns, columns) values ('${table}', 'governed', '${key.join(',')}', ${columns ? `'${columns.join(',')}'` : 'null'})`,
  ];
}

/** SQL that declares a table as telemetry: changed without a record of its own. */
export function telemetry(table: string): string[] {
  return [
    `insert into audit.declared_table (name, kind, key_columns, columns) values ('${table}', 'telemetry', '', null)`,
  ];
}

/**
 * SQL of the audit record for a governed row that a migration itself makes: the platform acted, in the workspace `default`. It stands in the
 * migration's transaction, beside the row.
 */
export function recordRow(
  table: string,
  key: readonly string[],
  action: `${string}.${string}.v${number}`,
  target: { type: string; id: string },
): string {
  const record = {
    actor: { id: 'system', kind: 'system' },
    workspace: 'default',
    action,
    target,
    outcome: 'success',
    subject: 'system',
  };
  const literal = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  return `insert into audit.inbox (id, covers, record, personal) values ('${newId()}', ${literal([[table, ...key]])}, ${literal(record)}, '{}')`;
}

/** SQL that lets a service role use its own tables. TRUNCATE is granted to nobody. */
export function grantAll(role: string, ...tables: string[]): string[] {
  return tables.map((table) => `grant select, insert, update, delete on ${table} to ${role}`);
}

/** SQL that lets roles read a view or table of a neighbour. */
export function grantRead(table: string, ...roles: string[]): string[] {
  return [
    `grant usage on schema ${table.split('.')[0]} to ${roles.join(', ')}`,
    `grant select on ${table} to ${roles.join(', ')}`,
  ];
}

/**
 * SQL that holds for rows of the workspace that the session was told, for every row where it was told '*', and for none where it was told nothing.
 * The subselect is read once per statement, however many rows it looks at.
 */
export function visible(column: string): string {
  return `(case (select current_setting('assay.workspace', true)) when ${column} then true when '*' then true else false end)`;
}

/**
 * SQL that puts root tables behind the second wall: a service role sees and writes rows of the session's workspace alone. Not forced on the tables'
 * owner, so that migrations, foreign keys and the triggers that guard promotions see everything.
 */
export function rooted(...tables: string[]): string[] {
  return tables.flatMap((table) => [
    `alter table ${table} enable row level security`,
    `create policy of_workspace on ${table} using ${visible('workspace')}`,
  ]);
}

/** SQL that undoes `rooted`. */
export function unrooted(...tables: string[]): string[] {
  return tables.flatMap((table) => [
    `drop policy of_workspace on ${table}`,
    `alter table ${table} disable row level security`,
  ]);
}

/**
 * SQL that puts a view behind the second wall. It reads its tables as their owner, for whom no policy holds; so what it showed moves to a view
 * `every_…`, which no service may read, and it shows the rows of that which the session may see.
 */
export function filtered(view: `${string}.${string}`, ...roles: string[]): string[] {
  const [schema, name] = view.split('.');
  return [
    `revoke all on ${view} from ${roles.join(', ')}`,
    `alter view ${view} rename to every_${name}`,
    `create view ${view} as select * from ${schema}.every_${name} where ${visible('workspace')}`,
    ...grantRead(view, ...roles),
  ];
}

/** SQL that undoes `filtered`. */
export function unfiltered(view: `${string}.${string}`, ...roles: string[]): string[] {
  const [schema, name] = view.split('.');
  return [`drop view ${view}`, `alter view ${schema}.every_${name} rename to ${name}`, ...grantRead(view, ...roles)];
}
