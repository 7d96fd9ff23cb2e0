import {
  type Actor,
  type SetWorkspaceMemberRequest,
  type Workspace,
  type WorkspaceMember,
  createWorkspaceRequest,
  setWorkspaceMemberRequest,
  workspace,
  workspaceList,
  workspaceMember,
  workspaceMemberList,
  workspaceRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { WorkspacesService } from './workspaces.service.js';

@Controller()
export class WorkspacesController {
  constructor(private readonly workspaces: WorkspacesService) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/workspaces',
    permission: 'signed-in',
    summary: 'List the workspaces that you may act in',
    response: workspaceList,
  })
  async list(@Caller() actor: Actor): Promise<{ workspaces: Workspace[] }> {
    return { workspaces: await this.workspaces.list(actor) };
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/workspaces',
    permission: 'access:admin',
    summary: 'Make a workspace; you administer it',
    request: createWorkspaceRequest,
    response: workspace,
    status: 201,
  })
  create(@Caller() actor: Actor, @Input() input: { name: string }): Promise<Workspace> {
    return this.workspaces.create(actor, input.name);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/workspaces/:workspace/members',
    permission: 'access:read',
    summary: 'List who is in a workspace, and as what',
    request: workspaceRequest,
    response: workspaceMemberList,
  })
  async members(
    @Caller() actor: Actor,
    @Input() input: { workspace: string },
  ): Promise<{ members: WorkspaceMember[] }> {
    return { members: await this.workspaces.members(actor, input.workspace) };
  }

  @Endpoint({
    method: 'PUT',
    path: '/api/v1/workspaces/:workspace/members/:personId',
    permission: 'access:admin',
    summary: 'Say which roles somebody holds in a workspace',
    request: setWorkspaceMemberRequest,
    response: workspaceMember,
  })
  setMember(@Caller() actor: Actor, @Input() input: SetWorkspaceMemberRequest): Promise<WorkspaceMember> {
    return this.workspaces.setMember(actor, input);
  }
}
