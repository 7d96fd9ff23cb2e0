import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A request says whether it wants to go back; then its version has held that very pointer before, put there by an approved request. */
export class TellRollbacks1795300396110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `alter table registry.promotion add column via text not null default 'promotion'`,
      'alter table registry.promotion alter column via drop default',
      `alter table registry.promotion add constraint promotion_via check (via in ('promotion', 'rollback'))`,
      `create function registry.require_earlier_holder() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if new.via = 'rollback' and not exists (
           select from registry.pointer_move l join registry.promotion r on r.id = l.request_id
             where l.model_id = new.model_id and l.pointer = new.pointer and l.to_version = new.version and r.state = 'applied'
         ) then
           raise exception 'a rollback goes back to a version that held the pointer by an approved request' using errcode = 'GV004';
         end if;
         return new;
       end $$`,
      'revoke all on function registry.require_earlier_holder() from public',
      'grant execute on function registry.require_earlier_holder() to registry_svc',
      `create trigger promotion_earlier_holder before insert on registry.promotion
         for each row execute function registry.require_earlier_holder()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger promotion_earlier_holder on registry.promotion',
      'drop function registry.require_earlier_holder()',
      'alter table registry.promotion drop column via',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}
