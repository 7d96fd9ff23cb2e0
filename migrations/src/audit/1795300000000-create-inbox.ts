import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The inbox that every service writes its audit records to, and the trigger that refuses a change without one. The trigger runs at
 * COMMIT and looks for a record of the same transaction that names this table and key, so one change can't hide behind another's record.
 */
export class CreateInbox1795300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table audit.declared_table (
         name text not null, kind text not null, key_columns text not null, columns text,
         constraint declared_table_pk primary key (name),
         constraint declared_table_kind check (kind in ('governed', 'telemetry')))`,
      // `tx` and `recorded_at` have defaults and stand in no INSERT grant: a service can't forge the transaction or the time.
      `create table audit.inbox (
         id text not null, tx xid8 not null default pg_current_xact_id(), recorded_at timestamptz not null default clock_timestamp(),
         covers jsonb not null, record jsonb not null, personal jsonb not null,
         constraint inbox_pk primary key (id))`,
      'create index inbox_tx on audit.inbox (tx)',
      'grant usage on schema audit to registry_svc, runner_svc, drift_svc, audit_svc',
      'grant insert (id, covers, record, personal) on audit.inbox to registry_svc, runner_svc, drift_svc, audit_svc',
      'grant select, delete on audit.inbox to audit_svc',
      'grant select on audit.declared_table to audit_svc',
      `create function audit.require_record() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       declare
         table_name text := tg_table_schema || '.' || tg_table_name;
         rows jsonb := '[]';
         key jsonb;
         side jsonb;
       begin
         if tg_op <> 'INSERT' then rows := rows || jsonb_build_array(to_jsonb(old)); end if;
         if tg_op <> 'DELETE' then rows := rows || jsonb_build_array(to_jsonb(new)); end if;
         for side in select value from jsonb_array_elements(rows) loop
           select jsonb_build_array(table_name) || jsonb_agg(side ->> part order by position)
             into key from unnest(tg_argv) with ordinality as parts (part, position);
           if not exists (
             select from audit.inbox i, jsonb_array_elements(i.covers) as covered
             where i.tx = pg_current_xact_id() and covered = key
           ) then
             raise exception 'a change of % has no audit record that names it', key using errcode = 'AU001';
           end if;
         end loop;
         return null;
       end $$`,
      'revoke all on function audit.require_record() from public',
      'grant execute on function audit.require_record() to registry_svc, runner_svc, drift_svc, audit_svc',
      `insert into audit.declared_table (name, kind, key_columns, columns) values
         ('audit.inbox', 'telemetry', '', null), ('audit.declared_table', 'telemetry', '', null)`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop table audit.inbox',
      'drop function audit.require_record()',
      'drop table audit.declared_table',
    ])
      await runner.query(statement);
  }
}
