import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who decided on a request stands when it ends: nothing is signed, voided or taken up again afterwards. */
export class CloseDecisions1795300396710 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create function registry.require_undecided() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if exists (
           select from registry.promotion p
             where p.id = new.promotion_id and p.state in ('applied', 'refused', 'withdrawn', 'expired', 'superseded')
         ) then
           raise exception 'nothing is decided on a request that has ended' using errcode = 'GV002';
         end if;
         return new;
       end $$`,
      'revoke all on function registry.require_undecided() from public',
      'grant execute on function registry.require_undecided() to registry_svc',
      `create trigger promotion_decision_undecided before insert or update on registry.promotion_decision
         for each row execute function registry.require_undecided()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger promotion_decision_undecided on registry.promotion_decision');
    await runner.query('drop function registry.require_undecided()');
  }
}
