import { type Role, defaultWorkspace, roles } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** Somebody who may sign in, with the roles held in one workspace. */
export interface PersonRecord {
  id: string;
  email: string;
  name: string;
  /** Null: signs in at a provider only. */
  passwordHash: string | null;
  /** `own`: its owner chose it; `first`: it came with the account; `reset`: an administrator replaced it. */
  passwordState: 'own' | 'first' | 'reset';
  /** Who last gave the person a password, if somebody else ever did. */
  passwordGivenBy: string | null;
  passwordGivenAt: Date | null;
  /** Where the account was made: its administrators answer for name, password and access. */
  homeWorkspace: string;
  createdAt: Date;
  disabledAt: Date | null;
  roles: readonly Role[];
}

const personRow = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  passwordHash: z.string().nullable(),
  passwordState: z.enum(['own', 'first', 'reset']),
  passwordGivenBy: z.string().nullable(),
  passwordGivenAt: z.date().nullable(),
  homeWorkspace: z.string(),
  createdAt: z.date(),
  disabledAt: z.date().nullable(),
  roles: z.array(z.enum(roles)),
});

const roleRow = z.object({ role: z.enum(roles) });

const select = `select p.id, p.email, p.name, p.password_hash as "passwordHash", p.password_state as "passwordState",
    p.password_given_by as "passwordGivenBy", p.password_given_at as "passwordGivenAt", p.home_workspace as "homeWorkspace", p.created_at as "createdAt", p.disabled_at as "disabledAt",
    coalesce((select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = $1), '[]') as roles
  from access.person p`;

/** Whom a workspace knows: its members and whose account was made there; the installation's own knows everybody. */
const visible = `($1 = '${defaultWorkspace}' or p.home_workspace = $1
    or exists (select from access.membership m where m.person_id = p.id and m.workspace = $1))`;

@Injectable()
export class PersonStore {
  /** Lets one transaction at a time change who the people and the administrators are. */
  async lockPeople(tx: Tx): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('access people', 0))`);
  }

  /**
   * Holds an account as it is until the end of the transaction: whoever ends somebody's access waits, and then finds what was made of it here.
   * Answers its password as it is by now; null where it is disabled.
   */
  async hold(tx: Tx, id: string): Promise<Pick<PersonRecord, 'passwordHash'> | null> {
    const rows: Pick<PersonRecord, 'passwordHash'>[] = await tx.query(
      `select p.password_hash as "passwordHash" from access.person p where p.id = $1 and p.disabled_at is null for share`,
      [id],
    );
    return rows[0] ?? null;
  }

  async find(tx: Tx, workspace: string, id: string): Promise<PersonRecord | null> {
    return one(await tx.query(`${select} where p.id = $2 and ${visible}`, [workspace, id]));
  }

  /** Anybody of the installation, with the roles held in a workspace, if any. */
  async findAnywhere(tx: Tx, workspace: string, id: string): Promise<PersonRecord | null> {
    return one(await tx.query(`${select} where p.id = $2`, [workspace, id]));
  }

  async findByEmail(tx: Tx, workspace: string, email: string): Promise<PersonRecord | null> {
    return one(await tx.query(`${select} where p.email = $2`, [workspace, email]));
  }

  async list(tx: Tx, workspace: string): Promise<PersonRecord[]> {
    const rows: unknown[] = await tx.query(`${select} where ${visible} order by p.email limit 10000`, [workspace]);
    return rows.map((row) => personRow.parse(row));
  }

  /** The workspaces that nobody else who may sign in administers. */
  async aloneAdministers(tx: Tx, id: string): Promise<string[]> {
    const rows: { workspace: string }[] = await tx.query(
      `select own.workspace from access.membership own where own.person_id = $1 and own.role = 'admin' and not exists (
         select from access.membership m join access.person p on p.id = m.person_id
           where m.workspace = own.workspace and m.role = 'admin' and p.disabled_at is null and p.id <> $1)`,
      [id],
    );
    return rows.map(({ workspace }) => workspace);
  }

  async insert(tx: Tx, person: Omit<PersonRecord, 'roles' | 'disabledAt'>): Promise<void> {
    await tx.query(
      `insert into access.person (id, email, name, password_hash, password_state, password_given_by, password_given_at, created_at, home_workspace)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        person.id,
        person.email,
        person.name,
        person.passwordHash,
        person.passwordState,
        person.passwordGivenBy,
        person.passwordGivenAt,
        person.createdAt,
        person.homeWorkspace,
      ],
    );
  }

  async update(tx: Tx, person: Omit<PersonRecord, 'email' | 'createdAt' | 'homeWorkspace' | 'roles'>): Promise<void> {
    await tx.query(
      `update access.person set name = $2, password_hash = $3, disabled_at = $4, password_state = $5, password_given_by = $6, password_given_at = $7
         where id = $1`,
      [
        person.id,
        person.name,
        person.passwordHash,
        person.disabledAt,
        person.passwordState,
        person.passwordGivenBy,
        person.passwordGivenAt,
      ],
    );
  }

  async grant(
    tx: Tx,
    personId: string,
    workspace: string,
    role: Role,
    grantedAt: Date,
    source: 'manual' | 'oidc' = 'manual',
  ): Promise<void> {
    await tx.query(
      'insert into access.membership (person_id, workspace, role, granted_at, source) values ($1, $2, $3, $4, $5)',
      [personId, workspace, role, grantedAt, source],
    );
  }

  /** The roles that a person holds by the claims of a provider. */
  async rolesFromClaims(tx: Tx, personId: string, workspace: string): Promise<Role[]> {
    const rows: unknown[] = await tx.query(
      `select role from access.membership where person_id = $1 and workspace = $2 and source = 'oidc' order by role`,
      [personId, workspace],
    );
    return rows.map((row) => roleRow.parse(row).role);
  }

  /** Forgets who a person is at any provider, and answers the ids of what was forgotten. */
  async unlink(tx: Tx, personId: string): Promise<string[]> {
    const [rows]: [{ id: string }[], number] = await tx.query(
      'delete from access.external_identity where person_id = $1 returning id',
      [personId],
    );
    return rows.map(({ id }) => id);
  }

  async withdraw(tx: Tx, personId: string, workspace: string, role: Role): Promise<void> {
    await tx.query('delete from access.membership where person_id = $1 and workspace = $2 and role = $3', [
      personId,
      workspace,
      role,
    ]);
  }
}

function one(rows: readonly unknown[]): PersonRecord | null {
  return rows.length === 0 ? null : personRow.parse(rows[0]);
}
