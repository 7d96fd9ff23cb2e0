import {
  type Actor,
  type SetWorkspaceMemberRequest,
  type Workspace,
  type WorkspaceMember,
  defaultWorkspace,
} from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, inWorkspace } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { UpdatePerson } from '../people/update-person.js';
import { PersonStore } from '../people/person.store.js';
import { WorkspaceStore } from './workspace.store.js';

/**
 * Workspaces keep the runs, models and people of a team apart. Administrators of `default`, where the installation began, make them and may
 * say who is in each; others administer their own.
 */
@Injectable()
export class WorkspacesService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly workspaces: WorkspaceStore,
    private readonly people: PersonStore,
    private readonly updatePerson: UpdatePerson,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** Those that the caller may act in; administrators of the installation see all. */
  async list(actor: Actor): Promise<Workspace[]> {
    const found = await this.database.read((tx) => this.workspaces.list(tx, overAll(actor) ? null : actor.id));
    return found.map(({ name, createdAt }) => ({ name, createdAt: createdAt.toISOString() }));
  }

  async create(actor: Actor, name: string): Promise<Workspace> {
    if (!overAll(actor))
      throw new AppError('PERMISSION_DENIED', `Only administrators of '${defaultWorkspace}' make workspaces.`);
    const createdAt = this.clock.now();
    await this.database.transaction(async (tx) => {
      if (!(await this.workspaces.insert(tx, { name, createdAt })))
        throw new AppError('RESOURCE_CONFLICT', `There is a workspace '${name}' already: use another name.`);
      if (actor.kind === 'person') await this.people.grant(tx, actor.id, name, 'admin', createdAt);
      await this.audit.record(tx, actor, {
        action: 'access.workspace.created.v1',
        target: { type: 'workspace', id: name },
        covers: [
          row('access.workspace', name),
          ...(actor.kind === 'person' ? [row('access.membership', actor.id, name, 'admin')] : []),
        ],
      });
    });
    return { name, createdAt: createdAt.toISOString() };
  }

  async members(actor: Actor, workspace: string): Promise<WorkspaceMember[]> {
    await this.requireWithin(actor, workspace);
    return this.database.read((tx) => this.workspaces.members(tx, workspace));
  }

  /** Says which roles somebody holds in a workspace: the way of somebody from another one into this. */
  async setMember(actor: Actor, { workspace, personId, roles }: SetWorkspaceMemberRequest): Promise<WorkspaceMember> {
    await this.requireWithin(actor, workspace);
    const person = await inWorkspace(workspace, () => this.updatePerson.setRoles(actor, workspace, personId, roles));
    return { personId, name: person.name, roles: [...person.roles] };
  }

  /** Another team's workspace looks the same as none. */
  private async requireWithin(actor: Actor, workspace: string): Promise<void> {
    const may = actor.workspace === workspace || overAll(actor);
    if (may && (await this.database.read((tx) => this.workspaces.exists(tx, workspace)))) return;
    throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no workspace '${workspace}' that you administer.`);
  }
}

function overAll(actor: Actor): boolean {
  return actor.workspace === defaultWorkspace && actor.permissions.includes('access:admin');
}
