import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { OidcConfig } from '@assay/platform/config';
import { Clock, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PeopleService } from '../people/people.service.js';
import { type PersonRecord, PersonStore } from '../people/person.store.js';
import { ApplyClaims } from './apply-claims.js';
import type { OidcClaims } from './oidc-client.js';
import { OidcStore } from './oidc.store.js';
import { groupsIn, nameIn, requireAllowed, verifiedEmailIn } from './read-claims.js';

/**
 * Finds the person whom a provider vouches for. A person is known by issuer and subject; an address stands for an account only where the
 * provider has verified it and the settings allow that. Whoever is let in has the groups and roles of their claims from then on.
 */
@Injectable()
export class AdmitPerson {
  constructor(
    private readonly identities: OidcStore,
    private readonly people: PersonStore,
    private readonly accounts: PeopleService,
    private readonly applyClaims: ApplyClaims,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** @throws {AppError} with the reason, for whoever is not let in. */
  async inTransaction(tx: Tx, settings: OidcConfig, claims: OidcClaims): Promise<PersonRecord> {
    requireAllowed(settings, claims);
    await this.people.lockPeople(tx);
    const known = await this.identities.personOf(tx, claims.iss, claims.sub);
    const id = known ?? (await this.linked(tx, settings, claims));
    const person = await this.people.findAnywhere(tx, settings.workspace, id);
    if (person === null || person.disabledAt !== null)
      throw new AppError('PERMISSION_DENIED', 'This account is disabled: ask an administrator.');
    return this.applyClaims.inTransaction(tx, settings, person, groupsIn(claims, settings.groupsClaim));
  }

  /** The account of somebody who comes from the provider for the first time. */
  private async linked(tx: Tx, settings: OidcConfig, claims: OidcClaims): Promise<string> {
    const email = verifiedEmailIn(claims);
    if (email === null)
      throw new AppError(
        'PERMISSION_DENIED',
        'The provider has not verified an address of yours, and nobody here is known by this sign-in: ask an administrator.',
      );
    const existing = await this.people.findByEmail(tx, settings.workspace, email);
    const identity = { id: newId(), issuer: claims.iss, subject: claims.sub, createdAt: this.clock.now() };
    const covers = [row('access.external_identity', identity.id)];
    const platform = { ...systemActor, workspace: settings.workspace };
    if (existing === null) {
      if (!settings.provision) throw unknownHere();
      const name = nameIn(claims, email);
      const added = await this.accounts.add(tx, platform, { email, name, passwordHash: null, roles: [], covers });
      await this.identities.link(tx, { ...identity, personId: added.id });
      return added.id;
    }
    // Who has disabled an account has not invited its owner to another one.
    if (!settings.linkVerifiedEmail || existing.disabledAt !== null) throw unknownHere();
    // Providers give the address of somebody who has left to somebody else: the account stays who it was, until an administrator unlinks it.
    if (await this.identities.isKnownAt(tx, claims.iss, existing.id)) throw unknownHere();
    await this.identities.link(tx, { ...identity, personId: existing.id });
    await this.audit.record(tx, platform, {
      action: 'access.identity.linked.v1',
      target: { type: 'person', id: existing.id },
      covers,
      after: { issuer: claims.iss },
      personal: { subject: claims.sub },
      subject: existing.id,
    });
    return existing.id;
  }
}

/** The same whether or not an account has the address: a stranger learns nothing of who is here. */
function unknownHere(): AppError {
  return new AppError(
    'PERMISSION_DENIED',
    'Nobody here is known by this sign-in: ask an administrator for an account.',
  );
}
