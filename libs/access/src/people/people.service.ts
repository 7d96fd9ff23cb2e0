import type { Actor, CreatePersonRequest, Person, Role } from '@assay/contracts';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type PersonRecord, PersonStore } from './person.store.js';
import { newPasswordHash } from './new-password-hash.js';

export interface NewPerson {
  email: string;
  name: string;
  /** Null: signs in at a provider only. */
  passwordHash: string | null;
  /** The owner chose the password, as at the set-up; otherwise it is the actor's gift. */
  ownPassword?: boolean;
  roles: readonly Role[];
  covers?: readonly CoveredRow[];
}

/** People of the installation and their roles in a workspace. */
@Injectable()
export class PeopleService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly people: PersonStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async list(actor: Actor): Promise<Person[]> {
    const found = await this.database.read((tx) => this.people.list(tx, actor.workspace));
    return found.map(shownPerson);
  }

  async get(actor: Actor, id: string): Promise<Person> {
    const found = await this.database.read((tx) => this.people.find(tx, actor.workspace, id));
    if (found === null) throw unknownPerson(id);
    return shownPerson(found);
  }

  async create(actor: Actor, input: CreatePersonRequest): Promise<Person> {
    const passwordHash = input.password === undefined ? null : await newPasswordHash(input.password);
    return this.database.transaction((tx) => this.add(tx, actor, { ...input, passwordHash }));
  }

  /** Adds a person inside the caller's transaction; `covers` names rows that the same record answers for. */
  async add(tx: Tx, actor: Actor, input: NewPerson): Promise<Person> {
    const createdAt = this.clock.now();
    const given = input.passwordHash !== null && input.ownPassword !== true;
    const person = {
      id: newId(),
      email: input.email,
      name: input.name,
      passwordHash: input.passwordHash,
      passwordState: given ? ('first' as const) : ('own' as const),
      passwordGivenBy: given ? actor.id : null,
      passwordGivenAt: given ? createdAt : null,
      homeWorkspace: actor.workspace,
      createdAt,
    };
    await this.people.lockPeople(tx);
    if ((await this.people.findByEmail(tx, actor.workspace, input.email)) !== null) {
      throw new AppError('RESOURCE_CONFLICT', 'Somebody has this address already: use another, or change that person.');
    }
    const granted = [...new Set(input.roles)];
    await this.people.insert(tx, person);
    for (const role of granted) await this.people.grant(tx, person.id, actor.workspace, role, person.createdAt);
    await this.audit.record(tx, actor, {
      action: 'access.person.created.v1',
      target: { type: 'person', id: person.id },
      covers: [
        row('access.person', person.id),
        ...granted.map((role) => row('access.membership', person.id, actor.workspace, role)),
        ...(input.covers ?? []),
      ],
      after: { roles: granted },
      personal: { email: person.email, name: person.name },
      subject: person.id,
    });
    return shownPerson({ ...person, disabledAt: null, roles: granted });
  }
}

export function unknownPerson(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `There is no person '${id}': GET /api/v1/people lists everybody.`);
}

/** A person as the API answers it: never with the password's hash. */
export function shownPerson(person: PersonRecord): Person {
  return {
    id: person.id,
    email: person.email,
    name: person.name,
    roles: [...person.roles],
    createdAt: person.createdAt.toISOString(),
    disabledAt: person.disabledAt?.toISOString() ?? null,
  };
}
