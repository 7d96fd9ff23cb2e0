import {
  type Actor,
  type ChangePasswordRequest,
  type CreatePersonRequest,
  type Me,
  type Person,
  type UpdatePersonRequest,
  changePasswordRequest,
  createPersonRequest,
  me,
  person,
  personList,
  personRequest,
  updatePersonRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ChangeOwnPassword } from './change-own-password.js';
import { PeopleService } from './people.service.js';
import { UpdatePerson } from './update-person.js';

@Controller()
export class PeopleController {
  constructor(
    private readonly people: PeopleService,
    private readonly updatePerson: UpdatePerson,
    private readonly changeOwnPassword: ChangeOwnPassword,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/me',
    permission: 'signed-in',
    summary: 'Who you are and what you may do',
    response: me,
  })
  me(@Caller() actor: Actor): Me {
    const { id, kind, name, workspace, roles, groups, permissions, tokenId } = actor;
    return {
      id,
      kind,
      name,
      workspace,
      roles: [...roles],
      groups: [...groups],
      permissions: [...permissions],
      tokenId,
    };
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/me/password',
    permission: 'signed-in',
    summary: 'Change your own password; your sessions end',
    request: changePasswordRequest,
    response: person,
  })
  changePassword(@Caller() actor: Actor, @Input() input: ChangePasswordRequest): Promise<Person> {
    return this.changeOwnPassword.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/people',
    permission: 'access:read',
    summary: 'List everybody',
    response: personList,
  })
  async list(@Caller() actor: Actor): Promise<{ people: Person[] }> {
    return { people: await this.people.list(actor) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/people/:id',
    permission: 'access:read',
    summary: 'Show a person',
    request: personRequest,
    response: person,
  })
  get(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Person> {
    return this.people.get(actor, input.id);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/people',
    permission: 'access:admin',
    summary: 'Add a person',
    request: createPersonRequest,
    response: person,
    status: 201,
  })
  create(@Caller() actor: Actor, @Input() input: CreatePersonRequest): Promise<Person> {
    return this.people.create(actor, input);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/api/v1/people/:id',
    permission: 'access:admin',
    summary: "Change a person's name, password, roles or access",
    request: updatePersonRequest,
    response: person,
  })
  update(@Caller() actor: Actor, @Input() input: UpdatePersonRequest): Promise<Person> {
    return this.updatePerson.execute(actor, input);
  }
}
