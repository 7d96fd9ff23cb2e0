import { defaultEnvironments, type Environment } from '@assay/contracts';
import { type CoveredRow, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const environments = 'registry.environment';
const aliases = 'registry.environment_alias';
const lists = 'registry.environment_list';

@Injectable()
export class EnvironmentStore {
  /** The environments of a workspace, in its order; the default ones where the team has set none. */
  async all(tx: Tx, workspace: string): Promise<readonly Environment[]> {
    const own = await this.own(tx, workspace);
    return own.length === 0 ? defaultEnvironments : own;
  }

  /** The environments as they were at an instant. */
  async at(tx: Tx, workspace: string, instant: Date): Promise<readonly Environment[]> {
    const [last]: { environments: Environment[] }[] = await tx.query(
      `select environments from ${lists} where workspace = $1 and set_at <= $2 order by sequence desc limit 1`,
      [workspace, instant],
    );
    return last?.environments ?? defaultEnvironments;
  }

  /** Lets one transaction at a time say what a workspace's environments are. */
  async lock(tx: Tx, workspace: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`environments ${workspace}`]);
  }

  /** Writes a whole list, keeps it for questions about its time, and returns the rows that have changed: none where it was so already. */
  async replace(
    tx: Tx,
    workspace: string,
    wanted: readonly Environment[],
    { by, at }: { by: string; at: Date },
  ): Promise<CoveredRow[]> {
    const changed = await this.write(tx, workspace, wanted);
    if (changed.length === 0) return [];
    const [kept]: { sequence: string }[] = await tx.query(
      `insert into ${lists} (workspace, sequence, environments, set_by, set_at)
         select $1::text, coalesce(max(sequence), 0) + 1, $2::jsonb, $3::text, greatest($4::timestamptz, max(set_at) + interval '1 microsecond')
           from ${lists} where workspace = $1 returning sequence`,
      [workspace, JSON.stringify(await this.own(tx, workspace)), by, at],
    );
    if (kept === undefined) throw new Error('the list of environments was not kept');
    return [...changed, row(lists, workspace, kept.sequence)];
  }

  private async write(tx: Tx, workspace: string, wanted: readonly Environment[]): Promise<CoveredRow[]> {
    const own = await this.own(tx, workspace);
    const covers: CoveredRow[] = [];
    const environmentBefore = new Map(own.flatMap(({ name, aliases: held }) => held.map((alias) => [alias, name])));
    const environmentAfter = new Map(wanted.flatMap(({ name, aliases: held }) => held.map((alias) => [alias, name])));
    for (const [position, { name }] of wanted.entries()) {
      if (own[position]?.name === name) continue;
      await tx.query(
        `insert into ${environments} (workspace, name, position) values ($1, $2, $3)
           on conflict (workspace, name) do update set position = excluded.position`,
        [workspace, name, position],
      );
      covers.push(row(environments, workspace, name));
    }
    for (const [alias, environment] of environmentAfter) {
      if (environmentBefore.get(alias) === environment) continue;
      await tx.query(
        `insert into ${aliases} (workspace, alias, environment) values ($1, $2, $3)
           on conflict (workspace, alias) do update set environment = excluded.environment`,
        [workspace, alias, environment],
      );
      covers.push(row(aliases, workspace, alias));
    }
    const freed = [...environmentBefore.keys()].filter((alias) => !environmentAfter.has(alias));
    await tx.query(`delete from ${aliases} where workspace = $1 and alias = any($2::text[])`, [workspace, freed]);
    const dropped = own.map(({ name }) => name).filter((name) => !wanted.some((each) => each.name === name));
    await tx.query(`delete from ${environments} where workspace = $1 and name = any($2::text[])`, [workspace, dropped]);
    return [
      ...covers,
      ...freed.map((alias) => row(aliases, workspace, alias)),
      ...dropped.map((name) => row(environments, workspace, name)),
    ];
  }

  /** Names of the pointers that a policy guards, of whichever model. */
  async guardedPointers(tx: Tx, workspace: string): Promise<string[]> {
    const rows: { pointer: string }[] = await tx.query(
      `select distinct g.pointer from registry.pointer_guard g join registry.registered_model m on m.id = g.model_id
         where m.workspace = $1 order by g.pointer`,
      [workspace],
    );
    return rows.map(({ pointer }) => pointer);
  }

  private async own(tx: Tx, workspace: string): Promise<Environment[]> {
    return tx.query(
      `select e.name, coalesce(jsonb_agg(a.alias order by a.alias collate "C") filter (where a.alias is not null), '[]') as aliases
         from ${environments} e left join ${aliases} a on a.workspace = e.workspace and a.environment = e.name
         where e.workspace = $1 group by e.workspace, e.name, e.position order by e.position, e.name`,
      [workspace],
    );
  }
}
