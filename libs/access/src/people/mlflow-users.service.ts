import type { Actor, Person } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ChangeOwnPassword } from './change-own-password.js';
import { PeopleService } from './people.service.js';
import { type PersonRecord, PersonStore } from './person.store.js';
import { UpdatePerson } from './update-person.js';

/** A person as MLflow's clients know a user. */
export interface UserView {
  readonly id: string;
  readonly username: string;
  readonly isAdmin: boolean;
}

/**
 * MLflow's users are our people: the username is what a person signs in with, `is_admin` the role admin. A new one contributes, as MLflow's do; one
 * that is deleted is refused from then on, and stays on record, so the name isn't given to somebody else.
 */
@Injectable()
export class MlflowUsersService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: PersonStore,
    private readonly people: PeopleService,
    private readonly updatePerson: UpdatePerson,
    private readonly changeOwnPassword: ChangeOwnPassword,
  ) {}

  async create(actor: Actor, { username, password }: { username: string; password: string }): Promise<UserView> {
    try {
      const email = username.toLowerCase();
      return view(await this.people.create(actor, { email, name: username, password, roles: ['contributor'] }));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'RESOURCE_CONFLICT') throw error;
      throw new AppError('RESOURCE_ALREADY_EXISTS', `User (username=${username}) already exists.`);
    }
  }

  /** Everybody may ask for themselves; for others it takes who may see everybody. */
  async get(actor: Actor, username: string): Promise<UserView> {
    const known = await this.#find(actor, username);
    if (known?.id !== actor.id && !actor.permissions.includes('access:read')) throw denied();
    return view(known ?? notFound(username));
  }

  async list(actor: Actor): Promise<(UserView & { readonly roles: readonly string[] })[]> {
    const people = await this.people.list(actor);
    return people
      .filter(({ disabledAt }) => disabledAt === null)
      .map((person) => ({ ...view(person), roles: person.roles }));
  }

  async current(actor: Actor): Promise<UserView> {
    const person = await this.database.read((tx) => this.store.find(tx, actor.workspace, actor.id));
    return person === null ? { id: actor.id, username: actor.name, isAdmin: false } : view(person);
  }

  /** Your own takes the password that holds; somebody else's takes an administrator. */
  async changePassword(
    actor: Actor,
    { username, password, current }: { username: string; password: string; current: string | undefined },
  ): Promise<void> {
    const known = await this.#find(actor, username);
    if (known?.id !== actor.id) {
      if (!actor.permissions.includes('access:admin')) throw denied();
      await this.updatePerson.execute(actor, { id: (known ?? notFound(username)).id, password });
      return;
    }
    if (current === undefined) throw invalid('Current password is required when changing your own password.');
    if (current === password) throw invalid('New password must differ from the current password.');
    try {
      await this.changeOwnPassword.execute(actor, { password: current, newPassword: password });
    } catch (error) {
      if (error instanceof AppError && error.code === 'PERMISSION_DENIED')
        throw invalid('Current password does not match.');
      throw error;
    }
  }

  async setAdmin(actor: Actor, username: string, isAdmin: boolean): Promise<void> {
    const { id, roles } = (await this.#find(actor, username)) ?? notFound(username);
    const others = roles.filter((role) => role !== 'admin');
    const wanted = isAdmin ? [...others, 'admin' as const] : others.length > 0 ? others : ['contributor' as const];
    await this.updatePerson.execute(actor, { id, roles: wanted });
  }

  async delete(actor: Actor, username: string): Promise<void> {
    const { id } = (await this.#find(actor, username)) ?? notFound(username);
    if (id === actor.id)
      throw new AppError(
        'BAD_REQUEST',
        'Users cannot delete their own account. Ask another admin to delete this user instead.',
      );
    await this.updatePerson.execute(actor, { id, disabled: true });
  }

  async #find(actor: Actor, username: string): Promise<PersonRecord | null> {
    const found = await this.database.read((tx) =>
      this.store.findByEmail(tx, actor.workspace, username.trim().toLowerCase()),
    );
    if (found === null || found.disabledAt !== null) return null;
    return this.database.read((tx) => this.store.find(tx, actor.workspace, found.id));
  }
}

/** The name as it was given, where it is the one that the person signs in with but for its capitals. */
function view({
  id,
  email,
  name,
  roles,
}: Pick<Person, 'id' | 'email' | 'name'> & { roles: readonly string[] }): UserView {
  return { id, username: name.toLowerCase() === email ? name : email, isAdmin: roles.includes('admin') };
}

function notFound(username: string): never {
  throw new AppError('RESOURCE_DOES_NOT_EXIST', `User with username=${username} not found`);
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_PARAMETER_VALUE', sentence);
}

function denied(): AppError {
  return new AppError('PERMISSION_DENIED', 'Permission denied');
}
