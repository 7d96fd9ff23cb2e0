import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger and the pointers can't tell different stories: a pointer changes only by the next move of its ledger, a move goes on where the
 * one before it ended, and later. So replaying the ledger gives what each pointer held at any time, whoever wrote the rows.
 */
export class ChainPointerLedger1795300396120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create function registry.require_ledger_move() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if tg_op = 'INSERT' and new.sequence = 0 and new.version is null then return null; end if;
         if tg_op = 'UPDATE' and old is not distinct from new then return null; end if;
         if tg_op = 'UPDATE' and new.sequence = old.sequence + 1 and exists (
           select from registry.pointer_move l
             where l.model_id = new.model_id and l.pointer = new.name and l.sequence = new.sequence and l.moved_at = new.moved_at
               and l.from_version is not distinct from old.version and l.to_version is not distinct from new.version
         ) then return null; end if;
         raise exception 'a pointer changes by the next move of its ledger only' using errcode = 'GV005';
       end $$`,
      `create function registry.require_ledger_chain() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if not exists (
           select from registry.pointer p where p.model_id = new.model_id and p.name = new.pointer and p.sequence >= new.sequence
         ) or (new.sequence = 1 and new.from_version is not null) or (new.sequence <> 1 and not exists (
           select from registry.pointer_move l
             where l.model_id = new.model_id and l.pointer = new.pointer and l.sequence = new.sequence - 1
               and l.to_version is not distinct from new.from_version and l.moved_at < new.moved_at
         )) then
           raise exception 'a move goes on where the one before it ended' using errcode = 'GV005';
         end if;
         return null;
       end $$`,
      'revoke all on function registry.require_ledger_move(), registry.require_ledger_chain() from public',
      'grant execute on function registry.require_ledger_move(), registry.require_ledger_chain() to registry_svc',
      `create constraint trigger zz_ledger after insert or update on registry.pointer
         deferrable initially deferred for each row execute function registry.require_ledger_move()`,
      `create constraint trigger zz_ledger after insert on registry.pointer_move
         deferrable initially deferred for each row execute function registry.require_ledger_chain()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger zz_ledger on registry.pointer');
    await runner.query('drop trigger zz_ledger on registry.pointer_move');
    await runner.query('drop function registry.require_ledger_move(), registry.require_ledger_chain()');
  }
}
