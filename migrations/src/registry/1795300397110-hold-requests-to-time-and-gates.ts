import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A request is approved and applied in its time, with every gate of its policies passed, as what its approvers signed. Times that a service
 * writes may be anything, so the database notes its own beside them: when a request, a change of a policy or an emergency came, and since when
 * somebody holds a role or belongs to a group.
 */
export class HoldRequestsToTimeAndGates1795300397110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...noted, ...binding, ...passed, ...standing]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger promotion_passed on registry.promotion',
      'drop trigger promotion_decision_in_time on registry.promotion_decision',
      'drop trigger policy_proposal_decision_in_time on registry.policy_proposal_decision',
      'drop trigger break_glass_in_time on registry.break_glass',
      'drop trigger membership_since on access.membership',
      'drop trigger group_member_since on access.group_member',
      `drop function registry.require_passed_gates(), registry.require_time_of_role(), registry.require_time_of_emergency(),
         registry.held_before(text, text, text, timestamptz), registry.note_since(), registry.promotion_binding(text, jsonb),
         registry.canonical_json(jsonb)`,
      ...tables.flatMap((table) => [
        `drop trigger ${table}_noted on registry.${table}`,
        `alter table registry.${table} drop column noted_at`,
      ]),
      'drop function registry.note_time()',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const tables = ['promotion', 'policy_proposal', 'break_glass'] as const;
const since = { promotion: 'requested_at', policy_proposal: 'proposed_at', break_glass: 'broken_at' } as const;

const noted = [
  `create function registry.note_time() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
   begin
     new.noted_at := clock_timestamp();
     return new;
   end $$`,
  ...tables.flatMap((table) => [
    `alter table registry.${table} add column noted_at timestamptz`,
    `alter table registry.${table} disable trigger user`,
    `update registry.${table} set noted_at = ${since[table]}`,
    `alter table registry.${table} enable trigger user`,
    `alter table registry.${table} alter column noted_at set not null`,
    `create trigger ${table}_noted before insert on registry.${table} for each row execute function registry.note_time()`,
  ]),
];

/** As the code writes it: RFC 8785, for what a binding holds (whole numbers, and keys in plain letters). */
const binding = [
  `create function registry.canonical_json(written jsonb) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
   begin
     case jsonb_typeof(written)
       when 'object' then return (
         select '{' || coalesce(string_agg(to_json(e.key)::text || ':' || registry.canonical_json(e.value), ',' order by e.key collate "C"), '') || '}'
           from jsonb_each(written) as e);
       when 'array' then return (
         select '[' || coalesce(string_agg(registry.canonical_json(e.value), ',' order by e.place), '') || ']'
           from jsonb_array_elements(written) with ordinality as e (value, place));
       else return written::text;
     end case;
   end $$`,
  `create function registry.promotion_binding(asked text, gates jsonb) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
     select encode(sha256(convert_to(registry.canonical_json(jsonb_build_object(
       'moves', (
         select coalesce(jsonb_agg(jsonb_build_object('modelId', w.model_id, 'pointer', w.pointer, 'version', w.version,
             'expectedHolder', w.expected_holder, 'manifestDigest', w.manifest_digest) order by w.position), '[]')
           from registry.promotion_move w where w.promotion_id = asked),
       'policyDigests', (
         select coalesce(jsonb_agg(v.digest order by q.name collate "C"), '[]')
           from registry.policy_version v join registry.policy q on q.id = v.policy_id
           where v.id in (select b.policy_version_id from registry.promotion_policy b where b.promotion_id = asked)),
       'evidence', (
         select coalesce(jsonb_agg((select jsonb_object_agg(f.key, g.value -> f.key) from unnest(
               array['move', 'policy', 'index', 'gate', 'outcome', 'evidence', 'selfReported']) as f (key)) order by g.place), '[]')
           from jsonb_array_elements(gates) with ordinality as g (value, place))
     )), 'UTF8')), 'hex')
   $$`,
];

/**
 * A request's time is told by the database's clock alone, from when it came, and with a minute more than the policy gives: so the code, which
 * looks first and by another clock, is the one to say so. The gates of a rollback may leave out those about what holds the pointer now, where the
 * policy says so. Which gates passed is what the request's row tells; that they are the ones which were signed is proven, for the signatures
 * name a digest of them.
 */
const passed = [
  `create function registry.require_passed_gates() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if new.state not in ('approved', 'applied') then return new; end if;
     if exists (
       select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
         where b.promotion_id = new.id
           and clock_timestamp() >= new.noted_at + registry.policy_duration(v.document ->> 'expiresAfter') + interval '1 minute'
     ) then
       raise exception 'the time of a request is over' using errcode = 'GV012';
     end if;
     if exists (
       select from jsonb_array_elements(new.gates) as g where g ->> 'outcome' is distinct from 'passed'
     ) or exists (
       select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
           join registry.policy q on q.id = v.policy_id
           cross join lateral jsonb_array_elements(v.document -> 'gates') with ordinality as asked (gate, place)
         where b.promotion_id = new.id
           and not (new.via = 'rollback' and coalesce(v.document #>> '{rollback,gates}', '') = 'version'
             and asked.gate ->> 'gate' in ('not-worse-than-holder', 'drift-state', 'evidence-age'))
           and not exists (
             select from jsonb_array_elements(new.gates) as g
               where g ->> 'move' = b.position::text and g ->> 'policy' = q.name and g ->> 'index' = (asked.place - 1)::text
                 and g ->> 'gate' = asked.gate ->> 'gate')
     ) then
       raise exception 'a request needs every gate of its policies passed' using errcode = 'GV013';
     end if;
     if new.binding <> registry.promotion_binding(new.id, new.gates) then
       raise exception 'a request is approved as what its approvers signed' using errcode = 'GV013';
     end if;
     return new;
   end $$`,
  `create trigger promotion_passed before insert or update on registry.promotion
     for each row execute function registry.require_passed_gates()`,
];

/** Since when somebody holds something is never earlier than the database's own time of writing it down. */
const standing = [
  `create function registry.note_since() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
   begin
     if tg_table_name = 'membership' then
       new.granted_at := greatest(new.granted_at, date_trunc('milliseconds', clock_timestamp()));
     else
       new.since := greatest(new.since, date_trunc('milliseconds', clock_timestamp()));
     end if;
     return new;
   end $$`,
  `create trigger membership_since before insert on access.membership for each row execute function registry.note_since()`,
  `create trigger group_member_since before insert on access.group_member for each row execute function registry.note_since()`,
  `create function registry.held_before(person text, place text, approver text, at timestamptz) returns boolean
     language sql stable set search_path = pg_catalog, pg_temp as $$
     select exists (select from access.group_member g
         where g.person_id = person and g.workspace = place and 'group:' || g.group_name = approver and g.since <= at)
       or exists (select from access.membership m
         where m.person_id = person and m.workspace = place and m.role = approver and m.granted_at <= at)
   $$`,
  `create function registry.require_time_of_role() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if tg_table_name = 'policy_proposal_decision' then
       if not exists (select from registry.policy_proposal c
           where c.id = new.proposal_id and registry.held_before(new.actor_id, c.workspace, new.approver, c.noted_at)) then
         raise exception 'a change of a policy is decided under what was held since before it was proposed' using errcode = 'GV007';
       end if;
     elsif new.decision = 'approve' and new.voided_at is null and exists (
       select from registry.promotion p cross join lateral jsonb_each_text(new.counts) as counted (policy_version_id, approver)
         where p.id = new.promotion_id and not registry.held_before(new.actor_id, p.workspace, counted.approver, p.noted_at)
     ) then
       raise exception 'an approval counts under what its signer has held since before the request' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
  `create trigger promotion_decision_in_time before insert or update on registry.promotion_decision
     for each row execute function registry.require_time_of_role()`,
  `create trigger policy_proposal_decision_in_time before insert on registry.policy_proposal_decision
     for each row execute function registry.require_time_of_role()`,
  // The time that an emergency names is checked beside it; while one is overdue by the database's own time, there is no other.
  `create function registry.require_time_of_emergency() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if exists (
       select from registry.break_glass b join registry.break_glass_policy r on r.break_glass_id = b.id
           join registry.policy_version v on v.id = r.policy_version_id
         where b.model_id = new.model_id and b.pointer = new.pointer and b.reviewed_by is null
           and clock_timestamp() >= b.noted_at + interval '1 minute' + least(registry.policy_duration(v.document #>> '{breakGlass,expiresAfter}'),
             registry.policy_duration(v.document #>> '{breakGlass,review,within}'))
     ) then
       raise exception 'an overdue review stands before breaking the glass again' using errcode = 'GV007';
     end if;
     return new;
   end $$`,
  `create trigger break_glass_in_time before insert on registry.break_glass
     for each row execute function registry.require_time_of_emergency()`,
  `revoke all on function registry.note_time(), registry.canonical_json(jsonb), registry.promotion_binding(text, jsonb),
     registry.require_passed_gates(), registry.note_since(), registry.held_before(text, text, text, timestamptz),
     registry.require_time_of_role(), registry.require_time_of_emergency() from public`,
  `grant execute on function registry.note_time(), registry.canonical_json(jsonb), registry.promotion_binding(text, jsonb),
     registry.require_passed_gates(), registry.note_since(), registry.held_before(text, text, text, timestamptz),
     registry.require_time_of_role(), registry.require_time_of_emergency() to registry_svc`,
];
