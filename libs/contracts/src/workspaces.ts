import { z } from 'zod';
import { roles } from './permissions.js';

const workspaceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'it is no name of small letters, digits and hyphens, at most 63')
  .describe('Name of the workspace.');
const personId = z.string().min(1).max(64).describe('Id of the person.');
const roleList = z.array(z.enum(roles)).max(roles.length);

export const workspace = z
  .object({
    name: z.string().describe('Name of the workspace.'),
    createdAt: z.iso.datetime().describe('When it was made.'),
  })
  .meta({ id: 'Workspace' });
export const createWorkspaceRequest = z.object({ name: workspaceName }).meta({ id: 'CreateWorkspaceRequest' });
export const workspaceRequest = z
  .object({ workspace: z.string().min(1).max(200).describe('Name of the workspace.') })
  .meta({ id: 'WorkspaceRequest' });
export const workspaceList = z
  .object({ workspaces: z.array(workspace).describe('Workspaces, by name.') })
  .meta({ id: 'WorkspaceList' });
export const workspaceMember = z
  .object({
    personId,
    name: z.string().describe('Name for people to read.'),
    roles: roleList.describe('Roles in the workspace.'),
  })
  .meta({ id: 'WorkspaceMember' });
export const setWorkspaceMemberRequest = workspaceRequest
  .extend({ personId, roles: roleList.describe('All roles held there from now on; none ends the membership.') })
  .meta({ id: 'SetWorkspaceMemberRequest' });
export const workspaceMemberList = z
  .object({ members: z.array(workspaceMember).describe('Members, by name.') })
  .meta({ id: 'WorkspaceMemberList' });

export type Workspace = z.infer<typeof workspace>;
export type WorkspaceMember = z.infer<typeof workspaceMember>;
export type SetWorkspaceMemberRequest = z.infer<typeof setWorkspaceMemberRequest>;
