import type { Actor, Group, SetGroupRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { unknownPerson } from '../people/people.service.js';
import { PersonStore } from '../people/person.store.js';
import { type GroupMember, GroupStore } from './group.store.js';

/** Groups of a workspace: a group is whoever is in it, so that one without members doesn't exist. */
@Injectable()
export class GroupsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly groups: GroupStore,
    private readonly people: PersonStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async list(actor: Actor): Promise<Group[]> {
    const members = await this.database.read((tx) => this.groups.list(tx, actor.workspace));
    const byName = Map.groupBy(members, ({ groupName }) => groupName);
    return [...byName].map(([name, of]) => shown(name, of));
  }

  async get(actor: Actor, name: string): Promise<Group> {
    const members = await this.database.read((tx) => this.groups.membersOf(tx, actor.workspace, name));
    if (members.length === 0) throw unknownGroup(name);
    return shown(name, members);
  }

  /** Says whom administrators put into a group. Whoever stays keeps the time since when; claims of a provider are left alone. */
  async set(actor: Actor, input: SetGroupRequest): Promise<Group> {
    const members = await this.database.transaction(async (tx) => {
      await this.groups.lockGroups(tx, actor.workspace);
      await this.requireKnown(tx, actor, input.members);
      const before = await this.groups.membersOf(tx, actor.workspace, input.name);
      const had = new Set(before.filter(({ source }) => source === 'manual').map(({ personId }) => personId));
      const wanted = new Set(input.members);
      const added = [...wanted].filter((id) => !had.has(id));
      const removed = [...had].filter((id) => !wanted.has(id));
      const member = (personId: string) => ({ groupName: input.name, personId, source: 'manual' }) as const;
      const since = this.clock.now();
      for (const id of added) await this.groups.add(tx, actor.workspace, { ...member(id), since });
      for (const id of removed) await this.groups.remove(tx, actor.workspace, member(id));
      await this.audit.record(tx, actor, {
        action: 'access.group.set.v1',
        target: { type: 'group', id: input.name },
        covers: [...added, ...removed].map((id) =>
          row('access.group_member', actor.workspace, input.name, id, 'manual'),
        ),
        before: { members: [...had].toSorted() },
        after: { members: [...wanted].toSorted() },
      });
      return this.groups.membersOf(tx, actor.workspace, input.name);
    });
    this.credentials.forget();
    return shown(input.name, members);
  }

  private async requireKnown(tx: Tx, actor: Actor, ids: readonly string[]): Promise<void> {
    for (const id of new Set(ids)) {
      const person = await this.people.find(tx, actor.workspace, id);
      if (person === null || person.roles.length === 0) throw unknownPerson(id);
    }
  }
}

function unknownGroup(name: string): AppError {
  return new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    `Nobody is in a group '${name}': GET /api/v1/groups lists all of them.`,
  );
}

function shown(name: string, members: readonly GroupMember[]): Group {
  return {
    name,
    members: members.map(({ personId, source, since }) => ({ personId, source, since: since.toISOString() })),
  };
}
