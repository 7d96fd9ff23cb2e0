import { type IssuedToken, type OpenSessionRequest, defaultWorkspace } from '@assay/contracts';
import { AttemptLimiter, passwordMatches } from '@assay/access-reads';
import { AuditClient, anonymousActor } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { requestContext } from '@assay/platform/telemetry';
import { Injectable } from '@nestjs/common';
import { type PersonRecord, PersonStore } from '../people/person.store.js';
import { IssueSession } from './issue-session.js';

/** Signs a person in with address and password. An unknown address takes as long, and reads the same, as a wrong password. */
@Injectable()
export class OpenSession {
  private readonly perPerson = new AttemptLimiter(5);
  private readonly perAddress = new AttemptLimiter(30);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly people: PersonStore,
    private readonly sessions: IssueSession,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(input: OpenSessionRequest): Promise<IssuedToken> {
    const email = input.email.trim().toLowerCase();
    const address = requestContext.getStore()?.sourceAddress ?? 'local';
    const attempt = `${address} ${email}`;
    this.perAddress.take(address, this.clock.now());
    this.perPerson.take(attempt, this.clock.now());
    const person = await this.database.read((tx) => this.people.findByEmail(tx, defaultWorkspace, email));
    const active = person?.disabledAt === null ? person : null;
    if (!(await passwordMatches(input.password, active?.passwordHash ?? null)) || active === null) {
      await this.recordRefusal(person);
      throw new AppError('UNAUTHENTICATED', 'The address or the password is wrong.');
    }
    this.perPerson.clear(attempt);
    this.perAddress.clear(address);
    return this.database.transaction((tx) => this.sessions.inTransaction(tx, active, active.homeWorkspace, 'password'));
  }

  private async recordRefusal(person: PersonRecord | null): Promise<void> {
    await this.audit.refused(this.database, anonymousActor, {
      action: 'access.session.refused.v1',
      target: { type: 'person', id: person?.id ?? 'unknown' },
      ...(person === null ? {} : { subject: person.id }),
    });
  }
}
