import { type Actor, type Person, type Role, type UpdatePersonRequest, defaultWorkspace } from '@assay/contracts';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { EndAccess } from './end-access.js';
import { shownPerson, unknownPerson } from './people.service.js';
import { type PersonRecord, PersonStore } from './person.store.js';
import { newPasswordHash } from './new-password-hash.js';

interface Change {
  readonly before: PersonRecord;
  readonly after: PersonRecord;
  readonly unlink: boolean;
}

interface NewPassword {
  readonly passwordHash: string;
  readonly by: 'owner' | 'administrator';
  readonly actor: Actor;
}

/** Changes a person's name, password, roles or access. A workspace always keeps an administrator who can sign in. */
@Injectable()
export class UpdatePerson {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly people: PersonStore,
    private readonly ends: EndAccess,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  /** @param by whether its owner chooses the password, having proved the one that holds. */
  async execute(
    actor: Actor,
    input: UpdatePersonRequest,
    by: 'owner' | 'administrator' = 'administrator',
  ): Promise<Person> {
    if (by === 'administrator' && input.password !== undefined && input.id === actor.id)
      throw new AppError('PERMISSION_DENIED', 'Your own password takes the one that holds: POST /api/v1/me/password.');
    const passwordHash = input.password === undefined ? null : await newPasswordHash(input.password);
    const person = await this.database.transaction(async (tx) => {
      await this.people.lockPeople(tx);
      const before = await this.people.find(tx, actor.workspace, input.id);
      if (before === null) throw unknownPerson(input.id);
      const after = this.changed(before, input, passwordHash === null ? null : { passwordHash, by, actor });
      if (by === 'administrator') this.requireAtHome(actor, before, input);
      await this.keepAnAdmin(tx, actor, before, after);
      await this.write(tx, actor, { before, after, unlink: input.unlink === true });
      return after;
    });
    this.credentials.forget();
    return shownPerson(person);
  }

  /** Says which roles somebody holds in a workspace, also somebody from another one. The caller has seen to who may. */
  async setRoles(actor: Actor, workspace: string, id: string, roles: readonly Role[]): Promise<Person> {
    const person = await this.database.transaction(async (tx) => {
      await this.people.lockPeople(tx);
      const before = await this.people.findAnywhere(tx, workspace, id);
      if (before === null) throw unknownPerson(id);
      const after = { ...before, roles: [...new Set(roles)].toSorted() };
      const within = { ...actor, workspace };
      await this.keepAnAdmin(tx, within, before, after);
      await this.write(tx, within, { before, after, unlink: false });
      return after;
    });
    this.credentials.forget();
    return shownPerson(person);
  }

  /** An account is its home's: an administrator of another workspace must not get into it by setting its password. */
  private requireAtHome(actor: Actor, { homeWorkspace }: PersonRecord, input: UpdatePersonRequest): void {
    const account = [input.name, input.password, input.disabled, input.unlink].some((change) => change !== undefined);
    if (!account || [homeWorkspace, defaultWorkspace].includes(actor.workspace)) return;
    throw new AppError(
      'PERMISSION_DENIED',
      'This account was made in another workspace, whose administrators change its name, password and access: here you set its roles.',
    );
  }

  private changed(before: PersonRecord, input: UpdatePersonRequest, password: NewPassword | null): PersonRecord {
    const disabledAt =
      input.disabled === undefined
        ? before.disabledAt
        : input.disabled
          ? (before.disabledAt ?? this.clock.now())
          : null;
    return {
      ...before,
      name: input.name ?? before.name,
      ...(password === null ? {} : this.passwordFields(password)),
      roles: input.roles === undefined ? before.roles : [...new Set(input.roles)].toSorted(),
      disabledAt,
    };
  }

  /** What its owner chooses leaves on record who gave them one before. */
  private passwordFields({ passwordHash, by, actor }: NewPassword): Partial<PersonRecord> {
    if (by === 'owner') return { passwordHash, passwordState: 'own' };
    return { passwordHash, passwordState: 'reset', passwordGivenBy: actor.id, passwordGivenAt: this.clock.now() };
  }

  /** A role ends in one workspace, access in all of them. */
  private async keepAnAdmin(tx: Tx, { workspace }: Actor, before: PersonRecord, after: PersonRecord): Promise<void> {
    const shut = before.disabledAt === null && after.disabledAt !== null;
    if (!shut && (!before.roles.includes('admin') || after.roles.includes('admin'))) return;
    const alone = await this.people.aloneAdministers(tx, before.id);
    if (shut ? alone.length === 0 : !alone.includes(workspace)) return;
    throw new AppError(
      'RESOURCE_CONFLICT',
      'This is the last administrator of a workspace: give somebody else the role first.',
    );
  }

  private async write(tx: Tx, actor: Actor, change: Change): Promise<void> {
    const { before, after } = change;
    const at = this.clock.now();
    const granted = after.roles.filter((role) => !before.roles.includes(role));
    const withdrawn = before.roles.filter((role) => !after.roles.includes(role));
    const passwordChanged = after.passwordHash !== before.passwordHash;
    await this.people.update(tx, after);
    for (const role of granted) await this.people.grant(tx, after.id, actor.workspace, role, at);
    for (const role of withdrawn) await this.people.withdraw(tx, after.id, actor.workspace, role);
    const ended = await this.ends.inTransaction(tx, actor.workspace, change, at);
    const memberships = [...granted, ...withdrawn].map((role: Role): CoveredRow =>
      row('access.membership', after.id, actor.workspace, role),
    );
    await this.audit.record(tx, actor, {
      action: 'access.person.changed.v1',
      target: { type: 'person', id: after.id },
      covers: [row('access.person', after.id), ...memberships, ...ended.covers],
      before: { roles: before.roles, disabled: before.disabledAt !== null },
      after: {
        roles: after.roles,
        disabled: after.disabledAt !== null,
        passwordChanged,
        ...(passwordChanged ? { passwordFrom: after.passwordState === 'own' ? after.id : actor.id } : {}),
        sessionsClosed: ended.tokens.filter(({ kind }) => kind === 'session').length,
        tokensRevoked: ended.tokens.filter(({ kind }) => kind === 'api').length,
        ...(ended.groups.length > 0 ? { groupsLeft: ended.groups } : {}),
        ...(ended.identities.length > 0 ? { identitiesForgotten: ended.identities.length } : {}),
      },
      ...(after.name === before.name ? {} : { personal: { name: after.name } }),
      subject: after.id,
    });
  }
}
