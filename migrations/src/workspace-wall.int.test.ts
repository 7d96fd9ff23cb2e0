import { testDatabase } from '@assay/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Tables with a `workspace` that are not behind the wall, each with its reason. */
const openTables: Readonly<Record<string, string>> = {
  'access.api_token': 'a person signs out everywhere at once, and a token is looked up before its workspace is known',
  'access.membership': 'says in which workspaces a person may act, which is asked from each of them',
  'audit.leaf': 'one log of the whole installation, whose tree and proofs hang on every record',
};

/** Views that services may read and that show rows of every workspace, each with its reason. */
const openViews: Readonly<Record<string, string>> = {
  'access.credential': 'finds a caller, whose workspace is known afterwards',
  'audit.event': 'the feed of the background, which then acts in the workspace of each event',
  'runner.live_attempt': 'says whether an attempt whose number the caller knows still holds its job',
  'runner.queued_job': 'a place in the queue counts everybody who waits; it names no job',
};

/** Views that show the jobs of one recipe alone. */
const recipes: Readonly<Record<string, string>> = {
  'runner.check_verdict': 'check',
  'runner.evaluation_order': 'evaluate',
};

const serviceRoles = ['registry_svc', 'runner_svc', 'drift_svc', 'audit_svc'] as const;
const schemas = ['access', 'tracking', 'registry', 'runner', 'drift', 'audit', 'queue'];

const database = testDatabase();
const connections = new Map<string, pg.Client>();
let rooted: string[];

beforeAll(async () => {
  for (const [service, url] of Object.entries(database.urls)) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    connections.set(`${service}_svc`, client);
  }
  rooted = (await tables()).filter((table) => !(table in openTables));
  for (const table of new Set([...rooted, ...(await tablesOfViews())])) await fill(table, ['ours', 'theirs']);
});
afterAll(async () => {
  for (const client of connections.values()) await client.end();
});

/** Every table that says of its rows which workspace they belong to, as the migrations left them. */
async function tables(): Promise<string[]> {
  const rows = await database.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace' and not a.attisdropped
       where c.relkind in ('r', 'p') and n.nspname = any ($1) order by 1`,
    [schemas],
  );
  return rows.map(({ name }) => String(name));
}

/** What each view shows, through whichever views. */
const shows = `with recursive shows (view, shown) as (
   select distinct r.ev_class, d.refobjid from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
     where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
   union select s.view, d.refobjid from shows s join pg_rewrite r on r.ev_class = s.shown
     join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class)`;

/** Tables that walled views are made of, with and without a workspace of their own. */
async function tablesOfViews(): Promise<string[]> {
  const walled = (await views()).map(({ name }) => name).filter((name) => !(name in openViews));
  const rows = await database.query(
    `${shows} select distinct format('%I.%I', n.nspname, c.relname) as name from shows s join pg_class c on c.oid = s.shown
       join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and s.view = any ($1::regclass[])`,
    [walled],
  );
  return rows.map(({ name }) => String(name));
}

/** Views of the schemas that some service may read and that show rows of such a table. */
async function views(): Promise<{ name: string; definition: string }[]> {
  const rows = await database.query(
    `${shows}
     select format('%I.%I', n.nspname, c.relname) as name, pg_get_viewdef(c.oid) as definition
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('v', 'm') and n.nspname = any ($1) and exists (select from unnest($2::text[]) r where has_table_privilege(r, c.oid, 'select'))
         and exists (select from shows s join pg_attribute a on a.attrelid = s.shown and a.attname = 'workspace' and not a.attisdropped
           join pg_class t on t.oid = s.shown and t.relkind in ('r', 'p') where s.view = c.oid) order by 1`,
    [schemas, serviceRoles],
  );
  return rows.map(({ name, definition }) => ({ name: String(name), definition: String(definition) }));
}

/**
 * One row for each workspace, of no sense but that rows of one workspace have the same ids: checks, keys of other tables and triggers are set aside
 * for it.
 */
async function fill(table: string, workspaces: readonly string[]): Promise<void> {
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  try {
    await owner.query(`set session_replication_role = replica`);
    await owner.query(`alter table ${table} disable trigger user`);
    const { rows: checks } = await owner.query<{ conname: string }>(
      `select conname from pg_constraint where conrelid = $1::regclass and contype = 'c'`,
      [table],
    );
    for (const { conname } of checks) await owner.query(`alter table ${table} drop constraint ${conname}`);
    const { rows: columns } = await owner.query<{ attname: string; type: string }>(
      `select attname, format_type(atttypid, null) as type from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`,
      [table],
    );
    for (const [place, workspace] of workspaces.entries()) {
      const values = columns.map(({ attname, type }) =>
        attname === 'workspace' ? `'${workspace}'` : sample(type, place),
      );
      await owner.query(
        `insert into ${table} (${columns.map(({ attname }) => attname).join(', ')}) values (${values.join(', ')})`,
      );
    }
  } finally {
    await owner.end();
  }
}

function sample(type: string, place: number): string {
  if (type === 'text') return `'made-up-${place}'`;
  if (type === 'jsonb') return `'{}'`;
  if (type === 'bytea') return `''`;
  if (type === 'boolean') return 'false';
  if (type.startsWith('timestamp')) return 'now()';
  if (type.endsWith('[]')) return `'{}'`;
  return String(1_000_000 + place);
}

/** What a role sees of a table or view in a session that was told a workspace: how many rows of each. */
async function seen(role: string, relation: string, told: string | null): Promise<Record<string, number>> {
  const client = connections.get(role);
  await client?.query(
    told === null ? 'reset assay.workspace' : `select set_config('assay.workspace', '${told}', false)`,
  );
  const answer = await client?.query<{ workspace: string; count: number }>(
    `select workspace, count(*)::int as count from ${relation} where workspace in ('ours', 'theirs') group by 1 order by 1`,
  );
  return Object.fromEntries(answer?.rows.map(({ workspace, count }) => [workspace, count]) ?? []);
}

/** What sessions see through a view that they should not, or should and don't. */
async function leaksOf(view: string): Promise<string[]> {
  if (view in recipes) await database.query('update runner.job set recipe = $1', [recipes[view]]);
  const leaks: string[] = [];
  for (const role of serviceRoles) {
    if (!(await may(role, view, 'select'))) continue;
    for (const [told, due] of [
      ['ours', 'ours'],
      ['*', 'ours, theirs'],
      ['nobody’s', ''],
      [null, ''],
    ] as const) {
      const found = Object.keys(await seen(role, view, told)).join(', ');
      if (found !== due) leaks.push(`${role} told ${told ?? 'nothing'} sees ${found}`);
    }
  }
  return leaks;
}

async function may(role: string, relation: string, what: string): Promise<boolean> {
  const [row] = await database.query('select has_table_privilege($1, $2, $3) as may', [role, relation, what]);
  return row?.['may'] === true;
}

describe('the wall between workspaces', () => {
  it('stands around every table that says of its rows which workspace they belong to', async () => {
    const open = await database.query(
      `select t.name from unnest($1::text[]) as t (name) where not exists (
         select from pg_class c join pg_policy p on p.polrelid = c.oid and p.polcmd = '*' and p.polroles = '{0}'
           where c.oid = t.name::regclass and c.relrowsecurity
             and pg_get_expr(p.polqual, c.oid) like '%assay.workspace%' and p.polwithcheck is null
             and (select count(*) from pg_policy every where every.polrelid = c.oid) = 1)`,
      [await tables()],
    );
    expect(rooted.length).toBeGreaterThan(20);
    expect(open.map(({ name }) => name)).toEqual(Object.keys(openTables).toSorted());
  });

  it('stands before every view that shows their rows to a service', async () => {
    const open = (await views()).filter(({ definition }) => !definition.includes(`current_setting('assay.workspace'`));
    expect(open.map(({ name }) => name)).toEqual(Object.keys(openViews).toSorted());
  });

  it('holds for every service role: none owns a table, passes by policies or becomes somebody who does', async () => {
    const passing = await database.query(
      `select r.rolname from pg_roles r where r.rolname = any ($1) and (r.rolsuper or r.rolbypassrls or exists (
         select from pg_auth_members m where m.member = r.oid) or exists (
         select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relowner = r.oid and n.nspname = any ($2)))`,
      [serviceRoles, schemas],
    );
    expect(passing).toEqual([]);
  });

  it('shows a session the rows of the workspace that it was told, all where it was told so, and none where it was told nothing', async () => {
    let looked = 0;
    for (const table of rooted) {
      for (const role of serviceRoles) {
        if (!(await may(role, table, 'select'))) continue;
        looked += 1;
        expect([table, await seen(role, table, 'ours')]).toEqual([table, { ours: 1 }]);
        expect([table, await seen(role, table, '*')]).toEqual([table, { ours: 1, theirs: 1 }]);
        expect([table, await seen(role, table, 'nobody’s')]).toEqual([table, {}]);
        expect([table, await seen(role, table, '')]).toEqual([table, {}]);
        expect([table, await seen(role, table, null)]).toEqual([table, {}]);
      }
    }
    expect(looked).toBeGreaterThanOrEqual(rooted.length);
  });

  it('shows through each view the rows of the workspace that the session was told, and there are some', async () => {
    const walled = (await views()).map(({ name }) => name).filter((name) => !(name in openViews));
    expect(walled.length).toBeGreaterThanOrEqual(9);
    for (const view of walled) expect([view, await leaksOf(view)]).toEqual([view, []]);
  });

  it('is missed in a view without it', async () => {
    await database.query('create view runner.planted as select workspace, id from runner.job');
    try {
      await database.query('grant select on runner.planted to registry_svc');
      expect((await views()).map(({ name }) => name)).toContain('runner.planted');
      expect(await leaksOf('runner.planted')).toEqual([
        'registry_svc told ours sees ours, theirs',
        'registry_svc told nobody’s sees ours, theirs',
        'registry_svc told nothing sees ours, theirs',
      ]);
    } finally {
      await database.query('drop view runner.planted');
    }
  });

  it('lets no session make, take or change a row of another workspace', async () => {
    let refusals = 0;
    for (const table of rooted) {
      for (const role of serviceRoles) {
        const client = connections.get(role);
        if (client === undefined) throw new Error(`no connection as ${role}`);
        await client.query(`select set_config('assay.workspace', 'ours', false)`);
        const attempt = async (sql: string): Promise<unknown> =>
          client.query(sql).then(
            ({ rowCount }) => rowCount,
            (error: unknown) => (error instanceof Error ? error.message : error),
          );
        if (await may(role, table, 'insert')) {
          const made = `select (jsonb_populate_record(mine, '{"workspace": "theirs"}')).* from ${table} mine`;
          expect(await attempt(`insert into ${table} ${made}`)).toMatch(/violates row-level security policy/);
          refusals += 1;
        }
        if (await may(role, table, 'update')) {
          expect(await attempt(`update ${table} set workspace = 'theirs'`)).toMatch(
            /violates row-level security policy/,
          );
          expect(await attempt(`update ${table} set workspace = 'ours' where workspace = 'theirs'`)).toBe(0);
        }
        if (await may(role, table, 'delete'))
          expect(await attempt(`delete from ${table} where workspace = 'theirs'`)).toBe(0);
      }
    }
    expect(refusals).toBeGreaterThanOrEqual(rooted.length);
    for (const table of rooted)
      expect(await database.query(`select from ${table} where workspace = 'theirs'`)).toHaveLength(1);
  });
});
