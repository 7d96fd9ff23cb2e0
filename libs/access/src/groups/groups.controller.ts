import {
  type Actor,
  type Group,
  type SetGroupRequest,
  group,
  groupList,
  groupRequest,
  setGroupRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { GroupsService } from './groups.service.js';

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/groups',
    permission: 'access:read',
    summary: 'List the groups of the workspace with their members',
    response: groupList,
  })
  async list(@Caller() actor: Actor): Promise<{ groups: Group[] }> {
    return { groups: await this.groups.list(actor) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/groups/:name',
    permission: 'access:read',
    summary: 'Show a group',
    request: groupRequest,
    response: group,
  })
  get(@Caller() actor: Actor, @Input() input: { name: string }): Promise<Group> {
    return this.groups.get(actor, input.name);
  }

  @Endpoint({
    method: 'PUT',
    path: '/api/v1/groups/:name',
    permission: 'access:admin',
    summary: 'Say who is in a group; nobody ends it',
    request: setGroupRequest,
    response: group,
  })
  set(@Caller() actor: Actor, @Input() input: SetGroupRequest): Promise<Group> {
    return this.groups.set(actor, input);
  }
}
