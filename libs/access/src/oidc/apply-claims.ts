import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { OidcConfig } from '@assay/platform/config';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { GroupStore } from '../groups/group.store.js';
import { type PersonRecord, PersonStore } from '../people/person.store.js';

/** Gives a person the groups of their claims, and the roles that those groups bring; what an administrator gave stays as it is. */
@Injectable()
export class ApplyClaims {
  constructor(
    private readonly people: PersonStore,
    private readonly groups: GroupStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** @returns the person with the roles held from now on. */
  async inTransaction(
    tx: Tx,
    { workspace, groupRoles, issuer }: OidcConfig,
    person: PersonRecord,
    groups: readonly string[],
  ): Promise<PersonRecord> {
    await this.groups.lockGroups(tx, workspace);
    const hadGroups = await this.groups.groupsOf(tx, workspace, person.id, 'oidc');
    const hadRoles = await this.people.rolesFromClaims(tx, person.id, workspace);
    const wantedRoles = new Set(groups.flatMap((group) => groupRoles[group] ?? []));
    const since = this.clock.now();
    const joined = groups.filter((group) => !hadGroups.includes(group));
    const left = hadGroups.filter((group) => !groups.includes(group));
    const granted = [...wantedRoles].filter((role) => !person.roles.includes(role));
    const lost = hadRoles.filter((role) => !wantedRoles.has(role));
    // Claims must not lock everybody out: the last administrator stays one.
    const onlyAdmin = lost.includes('admin') && (await this.people.aloneAdministers(tx, person.id)).includes(workspace);
    const withdrawn = onlyAdmin ? lost.filter((role) => role !== 'admin') : lost;
    if (joined.length + left.length + granted.length + withdrawn.length === 0) return person;
    const member = (groupName: string) => ({ groupName, personId: person.id, source: 'oidc' }) as const;
    for (const group of joined) await this.groups.add(tx, workspace, { ...member(group), since });
    for (const group of left) await this.groups.remove(tx, workspace, member(group));
    for (const role of granted) await this.people.grant(tx, person.id, workspace, role, since, 'oidc');
    for (const role of withdrawn) await this.people.withdraw(tx, person.id, workspace, role);
    const roles = [...person.roles.filter((role) => !withdrawn.includes(role)), ...granted].toSorted();
    await this.audit.record(
      tx,
      { ...systemActor, workspace },
      {
        action: 'access.person.claims-applied.v1',
        target: { type: 'person', id: person.id },
        covers: [
          ...[...joined, ...left].map((group) => row('access.group_member', workspace, group, person.id, 'oidc')),
          ...[...granted, ...withdrawn].map((role) => row('access.membership', person.id, workspace, role)),
        ],
        before: { groups: hadGroups, roles: person.roles },
        after: { groups, roles, issuer, ...(onlyAdmin ? { kept: 'the last administrator' } : {}) },
        subject: person.id,
      },
    );
    return { ...person, roles };
  }
}
